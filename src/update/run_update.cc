#include "update/run_update.h"

#include <algorithm>

#include "error/current_error.h"
#include "log/log.h"
#include "update/export_changes.h"
#include "update/heartbeat.h"
#include "update/hooks.h"

namespace nexus_mirror::update {
namespace {

Config only(const Config& config, const std::vector<std::string>& workspaces) {
  Config selected = config;
  if (workspaces.empty()) return selected;
  std::erase_if(selected.workspaces, [&](const WorkspaceConfig& workspace) {
    return std::find(workspaces.begin(), workspaces.end(), workspace.name) == workspaces.end();
  });
  return selected;
}

}  // namespace

sync::SyncResult run_update(const Config& config, const UpdateRequest& request, Env& env,
                            sync::Observer& observer, const std::stop_token& stop) {
  sync::AfterPasses after;
  if (request.exports) {
    after = [&](sync::SyncResult& done, store::Store& store) {
      export_changes(config, env, observer, stop, done, store);
    };
  }
  sync::SyncRequest wanted = request.sync;
  const Config selected = only(config, request.workspaces);
  for (const WorkspaceConfig& workspace : config.workspaces) {
    const bool now =
        std::any_of(selected.workspaces.begin(), selected.workspaces.end(),
                    [&](const WorkspaceConfig& each) { return each.name == workspace.name; });
    if (!now) wanted.not_now.push_back(workspace);
  }
  if (!config.hooks.on_change.empty()) wanted.consumers.emplace_back(store::kHooks);
  sync::SyncResult result = sync::run_sync(selected, wanted, env, observer, stop, after);
  if (request.sync.dry_run) return result;
  try {
    run_hooks(config, result, env, observer, stop);
  } catch (...) {  // the sync is done all the same
    log::warning(current_error(ErrorCode::machine, "running", "the hooks").what(),
                 {{"sync_id", result.sync_id}});
  }
  if (result.exit == ExitCode::done) send_heartbeat(config, env, observer, stop);
  return result;
}

sync::SyncResult refresh_links(const Config& config, const std::vector<std::string>& patterns,
                               Env& env, sync::Observer& observer, const std::stop_token& stop) {
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
      result.exports.insert(result.exports.end(), part.exports.begin(), part.exports.end());
      if (part.exit != ExitCode::done) result.exit = part.exit;
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
  if (failed.size() + unmatched.size() == config.workspaces.size()) {
    throw failed.empty() ? unmatched.front() : failed.front();
  }
  for (const Error& error : failed) log::warning(error.what());
  if (!failed.empty()) result.exit = ExitCode::partial;
  return result;
}

std::string summary(const sync::SyncResult& result, bool dry_run) {
  return std::string(dry_run ? "dry run" : "sync " + std::to_string(result.sync_id)) + " " +
         std::string(name_of(result.result)) + ": " + std::to_string(result.rows.inserted) +
         " rows inserted, " + std::to_string(result.rows.updated) + " updated, " +
         std::to_string(result.rows.deleted) + " deleted, " +
         std::to_string(result.exports.size()) + " files written in " +
         std::to_string(result.finished_at - result.started_at) + " ms";
}

}  // namespace nexus_mirror::update
