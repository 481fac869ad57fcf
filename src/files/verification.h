// Reading what is kept, to find out whether it still is what its name says (CONTRACT.md 8).
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::files {

struct Verification {
  std::int64_t files = 0, bytes = 0;  // content that was read
  std::vector<std::string> damaged;   // SHA-256 of content that is not what it was, or is gone
  bool stopped = false;
};

// Whether content of this hash is read on the day `now` is in when `percent` of all is read each
// day: in as many days as it takes, each once. Pure; any thread.
bool is_in_todays_part(const std::string& sha256, std::int64_t percent, std::int64_t now);

// Reads `percent` of the content (100 = all) beside whatever else goes on. Damaged content is taken
// away and its files become missing, which waits for the mirror's lock where a sync runs; what is
// sound gets its verified_at in the same way. `moved` is told of each mebibyte; may be empty.
// Throws Error(machine), and busy where a sync goes on for longer than an hour.
Verification verify_content(const Config& config, std::int64_t percent, Env& env,
                            const std::function<void()>& moved, const std::stop_token& stop);

}  // namespace nexus_mirror::files
