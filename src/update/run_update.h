// Bringing everything up to date: what `sync` does once and the daemon on a schedule.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "sync/sync.h"
#include "update/hooks.h"

namespace nexus_mirror::update {

struct UpdateRequest {
  sync::SyncRequest sync;
  bool files = true;                         // fetch the images and models that are kept, too
  std::chrono::milliseconds files_limit{0};  // where [files] time_limit is not set; 0 = none
  bool exports = true;                       // write the exports of what changed, too
  bool adopt = false;                        // also into the export directory of another mirror
  std::vector<std::string> workspaces;       // names of those to sync; empty = all
  HookEnded hook_ended;                      // may be empty; called in the caller's thread
};

// Syncs, then exports what changed, then tells the hooks. What goes wrong with the server, a
// project, an export or a hook is in the result or the log; throws Error as sync::run_sync does,
// and usage, before anything else is done, where the export directory is another mirror's. One at a
// time per mirror (its lock sees to it). `config` is the whole one, whatever `request.workspaces`
// says.
sync::SyncResult run_update(const Config& config, const UpdateRequest& request, Env& env,
                            sync::Observer& observer, const std::stop_token& stop);

// Fetches new links for the models of the projects that `patterns` (names, ids, globs; empty = all
// configured) mean. Recorded as no sync; throws as sync::refresh_links, and usage as run_update();
// what failed per project is logged and makes the result's exit `partial`.
sync::SyncResult refresh_links(const Config& config, const std::vector<std::string>& patterns,
                               Env& env, sync::Observer& observer, const std::stop_token& stop);

// "sync 12 ok: 3 rows inserted, 1 updated, 0 deleted, 2 files written in 812 ms".
std::string summary(const sync::SyncResult& result, bool dry_run);

}  // namespace nexus_mirror::update
