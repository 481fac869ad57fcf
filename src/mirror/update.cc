#include "mirror/update.h"

#include <algorithm>

#include "exports/exports.h"
#include "log/log.h"

namespace nexus_mirror::mirror {
namespace {

void note_failure(const std::string& text, ExitCode exit, sync::SyncResult& result) {
  log::error(text);
  // A mirror that is exact with exports that are not is done in part.
  if (result.result == "ok") result.result = "partial";
  if (result.error.empty()) result.error = text;
  if (result.exit == ExitCode::done) result.exit = exit;
}

void export_changes(const Config& config, Env& env, const std::stop_token& stop,
                    sync::SyncResult& result, store::Store& store) {
  exports::ExportRequest request;
  for (const sync::ProjectResult& project : result.projects) {
    // One that failed is between two states; the sync that completes it exports it.
    if (project.outcome == sync::Outcome::failed) continue;
    if (store.has_project(project.id) && store.is_whole(project.id)) {
      request.project_ids.push_back(project.id);
    }
  }
  if (request.project_ids.empty()) return;
  try {
    exports::ExportReport report = exports::run_exports(config, store, env, request, stop);
    result.exports = std::move(report.written);
    for (const exports::ProjectFailure& failure : report.failures) {
      const auto project =
          std::find_if(result.projects.begin(), result.projects.end(),
                       [&](const auto& one) { return one.id == failure.project_id; });
      if (project->outcome == sync::Outcome::ok) {
        project->outcome = sync::Outcome::partial;
        project->error = failure.error.what();
      }
      note_failure(failure.error.what(), exit_code(failure.error.code()), result);
    }
  } catch (const Error& error) {
    note_failure(error.what(), exit_code(error.code()), result);
    if (error.code() == ErrorCode::interrupted) result.result = "interrupted";
  }
}

}  // namespace

sync::SyncResult update(const Config& config, const UpdateRequest& request, Env& env,
                        sync::Observer& observer, const std::stop_token& stop) {
  sync::AfterPasses after;
  if (request.exports) {
    after = [&](sync::SyncResult& result, store::Store& store) {
      export_changes(config, env, stop, result, store);
    };
  }
  return sync::run_sync(config, request.sync, env, observer, stop, after);
}

}  // namespace nexus_mirror::mirror
