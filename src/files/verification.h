// Reading what is kept, to find out whether it still is what its name says (CONTRACT.md 8).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::files {

struct VerifyRequest {
  std::int64_t percent = 100;  // of the content; 100 = all
  bool once_a_day = false;     // what was read on the day already is left out
  std::optional<std::int64_t> day =
      {};                  // whose part it is: a moment of it, UNIX ms; none = of today
  std::string after = {};  // where a call before left off
  // Asked between two contents: no = the rest is for another call. Empty = yes.
  std::function<bool()> go_on = {};
  std::function<void()> moved = {};  // told of each mebibyte; may be empty
};

struct Verification {
  std::int64_t files = 0, bytes = 0;  // content that was read
  std::vector<std::string> damaged;   // SHA-256 of content that is not what it was, or is gone
  std::int64_t unreadable = 0;        // content that the disk did not give back
  std::vector<std::string> unreadable_reasons;  // of the first of them, a line each
  std::string after;                            // where to go on; empty = it is through
  bool stopped = false;
};

// Whether content of this hash is read on the day `now` is in when `percent` of all is read each
// day: in as many days as it takes, each once. Pure; any thread.
bool is_in_todays_part(const std::string& sha256, std::int64_t percent, std::int64_t now);

// Reads and hashes content beside whatever else goes on. Damaged content is taken away and its
// files become missing, which waits for the mirror's lock where a sync runs; what is sound gets its
// verified_at, together with many others, or not at all where it is not through and a sync runs.
// What cannot be read stays as it is and is told. Throws Error(machine) where the mirror or the
// folder as a whole cannot be read, and busy where a sync goes on for longer than an hour.
Verification verify_content(const Config& config, const VerifyRequest& request, Env& env,
                            const std::stop_token& stop);

}  // namespace nexus_mirror::files
