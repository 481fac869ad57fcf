// Bringing everything up to date: what `sync` does once and the daemon on a schedule.
#pragma once

#include <stop_token>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "sync/sync.h"

namespace nexus_mirror::mirror {

struct UpdateRequest {
  sync::SyncRequest sync;
  bool exports = true;  // write the exports of what changed, too
};

// Syncs, then exports what changed. What goes wrong with the server, a project or an export is in
// the result; throws Error as sync::run_sync does. One at a time per mirror (its lock sees to it).
sync::SyncResult update(const Config& config, const UpdateRequest& request, Env& env,
                        sync::Observer& observer, const std::stop_token& stop);

}  // namespace nexus_mirror::mirror
