#include "daemon/mirror_facts.h"

#include "nexus_mirror/error.h"
#include "store/hook_troubles.h"
#include "store/live_links.h"
#include "store/mirror_state.h"
#include "sync/sync.h"

namespace nexus_mirror::daemon {
// Asked between syncs as well, every 30 seconds at least: SQLite makes the mirror's -wal and -shm
// again where a program of its owner's has taken them away, and whoever may not write the folder
// reads.
MirrorFacts read_facts(const Config& config, std::int64_t now, std::int64_t before) {
  store::Database mirror(config.mirror, store::Use::query);
  return {store::last_success(mirror, now).ended, store::last_full_success(mirror),
          store::earliest_expiry(mirror, now),
          static_cast<std::int64_t>(store::hook_troubles(mirror).size()),
          store::projects_with_dying_links(mirror, now, before)};
}

std::vector<store::TableChanges> rows_of_sync(const Config& config, std::int64_t sync_id) {
  store::Database mirror(config.mirror, store::Use::query);
  return store::ChangeFeed(mirror).of_sync(sync_id);
}

void prepare_mirror(const Config& config, const std::function<bool()>& while_migrating) {
  try {
    const auto lock = sync::lock_mirror(config);
    store::MirrorFile file(config.mirror);
    file.while_migrating = while_migrating;
    const store::Database mirror(file, store::Use::write);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::busy) throw;
  }
}

}  // namespace nexus_mirror::daemon
