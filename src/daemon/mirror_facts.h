// What the daemon reads from the mirror.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "store/change_feed.h"

namespace nexus_mirror::daemon {

// Times are UNIX milliseconds; nullopt = never, none.
struct MirrorFacts {
  std::optional<std::int64_t> last_success;   // store::last_success()
  std::optional<std::int64_t> last_full;      // begin of the last full one
  std::optional<std::int64_t> earliest_link;  // when the first of the living model links dies
  std::int64_t hooks_failing = 0;             // projects whose hook ended badly the last time
  std::vector<std::string> dying_projects;    // ids of those with links that die before `before`
};

// `now` parts living links from dead ones. Throws Error(machine).
MirrorFacts read_facts(const Config& config, std::int64_t now, std::int64_t before);

// What a sync changed, as `changes` has it. Throws Error(machine).
std::vector<store::TableChanges> rows_of_sync(const Config& config, std::int64_t sync_id);

// Opens the mirror as a sync does, and so creates and migrates it. Nothing is done while another
// process works on it. `while_migrating` as in store::MirrorFile. Throws Error: machine,
// interrupted.
void prepare_mirror(const Config& config, const std::function<bool()>& while_migrating);

}  // namespace nexus_mirror::daemon
