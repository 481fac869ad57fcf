#include "update/run_update.h"

#include <algorithm>
#include <utility>

#include "error/current_error.h"
#include "error/exit_status.h"
#include "exports/export_owner.h"
#include "log/log.h"
#include "text/counted.h"
#include "update/export_changes.h"
#include "update/fetch_files.h"
#include "update/heartbeat.h"
#include "update/hooks.h"

namespace nexus_mirror::update {
namespace {

// The configuration with these workspaces alone (empty = all); `others` gets the rest.
Config only(const Config& config, const std::vector<std::string>& workspaces,
            std::vector<WorkspaceConfig>* others = nullptr) {
  Config selected = config;
  if (workspaces.empty()) return selected;
  const auto rest = std::stable_partition(selected.workspaces.begin(), selected.workspaces.end(),
                                          [&](const WorkspaceConfig& workspace) {
                                            return std::find(workspaces.begin(), workspaces.end(),
                                                             workspace.name) != workspaces.end();
                                          });
  if (others != nullptr) others->assign(rest, selected.workspaces.end());
  selected.workspaces.erase(rest, selected.workspaces.end());
  return selected;
}

}  // namespace

sync::SyncResult run_update(const Config& config, const UpdateRequest& request, Env& env,
                            sync::Observer& observer, const std::stop_token& stop) {
  sync::AfterPasses after;
  if (request.files) {
    after = [&](sync::SyncResult& done, store::Store& store) {
      fetch_files(config, request, env, observer, stop, done, store);
    };
  }
  if (request.exports) {
    const store::Use use = request.sync.dry_run ? store::Use::compare : store::Use::query;
    if (!request.adopt) exports::refuse_foreign(config.mirror, use);
    after = [&, files = std::move(after)](sync::SyncResult& done, store::Store& store) {
      if (files) files(done, store);
      export_changes(config, request.adopt, env, observer, stop, done, store);
    };
  }
  sync::SyncRequest wanted = request.sync;
  const Config selected = only(config, request.workspaces, &wanted.others);
  if (!config.hooks.on_change.empty()) wanted.consumers.emplace_back(store::kHooks);
  sync::SyncResult result = sync::run_sync(selected, wanted, env, observer, stop, after);
  if (request.sync.dry_run) return result;
  try {
    if (!run_hooks(config, result, env, observer, stop, request.hook_ended) &&
        stop.stop_requested()) {
      result.exit = graver(result.exit, ExitCode::partial);
      if (result.error.empty()) {
        result.error = "stopped before each hook was told; the next sync tells them";
      }
    }
  } catch (...) {  // the sync is done all the same
    log::warning(current_error(ErrorCode::machine, "running", "the hooks").what(),
                 {{"sync_id", result.sync_id}});
  }
  if (result.exit == ExitCode::done && result.whole) send_heartbeat(config, env, observer, stop);
  return result;
}

sync::SyncResult refresh_links(const Config& config, const std::vector<std::string>& patterns,
                               Env& env, sync::Observer& observer, const std::stop_token& stop) {
  exports::refuse_foreign(config.mirror);
  sync::SyncResult result;
  std::vector<Error> failed, unmatched;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    try {
      const sync::SyncResult part =
          sync::refresh_links(only(config, {workspace.name}), patterns, env, observer, stop,
                              [&](sync::SyncResult& done, store::Store& store) {
                                export_links(config, env, observer, stop, done, store);
                              });
      result.rows += part.rows;
      result.exports.add(part.exports);
      result.exit = graver(result.exit, part.exit);
    } catch (...) {
      const Error error =
          current_error(ErrorCode::machine, "renewing links of", "workspace " + workspace.name);
      const ErrorCode code = error.code();
      const bool ends_all =
          code == ErrorCode::interrupted || code == ErrorCode::machine || code == ErrorCode::busy;
      if (ends_all) throw error;
      (code == ErrorCode::usage ? unmatched : failed).push_back(error);
    }
  }
  if (unmatched.size() == config.workspaces.size()) throw unmatched.front();
  const ExitCode exit = exit_code(failed, config.workspaces.size());
  if (failed.size() == config.workspaces.size()) throw first_with(exit, failed);
  for (const Error& error : failed) log::warning(error.what());
  result.exit = graver(result.exit, exit);
  return result;
}

std::string summary(const sync::SyncResult& result, bool dry_run) {
  return std::string(dry_run ? "dry run" : "sync " + std::to_string(result.sync_id)) + " " +
         std::string(name_of(result.result)) + ": " + text::counted(result.rows.inserted, "row") +
         " inserted, " + std::to_string(result.rows.updated) + " updated, " +
         std::to_string(result.rows.deleted) + " deleted, " +
         text::counted(result.exports.size(), "file") + " written" +
         (result.files.fetched > 0 ? ", " + std::to_string(result.files.fetched) + " fetched"
                                   : "") +
         " in " +
         std::to_string(std::max<std::int64_t>(0, result.finished_at - result.started_at)) + " ms";
}

}  // namespace nexus_mirror::update
