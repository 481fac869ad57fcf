#include "update/export_changes.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "error/current_error.h"
#include "error/exit_status.h"
#include "exports/exports.h"
#include "log/log.h"

namespace nexus_mirror::update {
namespace {

// What a failure is told to, beside the result.
void note_failure(const std::string& project, const std::string& text, ExitCode exit,
                  sync::Observer& observer, sync::SyncResult& result) {
  log::error(text, {{"sync_id", result.sync_id}});
  observer.trouble(project, text);
  // A mirror that is exact with exports that are not is done in part.
  result.result = objects::worse_of(result.result, sync::Outcome::partial);
  result.only_files = false;
  if (result.error.empty()) result.error = text;
  result.exit = graver(result.exit, exit);
}

void note_failure(const exports::ProjectError& failure, sync::Observer& observer,
                  sync::SyncResult& result) {
  const std::string text = failure.error.what();
  const auto project = std::find_if(result.projects.begin(), result.projects.end(),
                                    [&](const auto& one) { return one.id == failure.project_id; });
  if (project != result.projects.end() && project->outcome == sync::Outcome::ok) {
    project->outcome = sync::Outcome::partial;
    project->error = text;
  }
  const std::string& name = project != result.projects.end() ? project->name : failure.project_id;
  note_failure(name, text, exit_code(failure.error.code()), observer, result);
}

void run(const Config& config, Env& env, sync::Observer& observer, const std::stop_token& stop,
         exports::ExportRequest request, sync::SyncResult& result, store::Store& store) {
  request.progress = [&] { observer.moved(); };
  request.step = [&](const exports::ExportStep& step) { observer.exporting(progress_of(step)); };
  for (const sync::ProjectResult& project : result.projects) {
    // The sync that completes it exports it.
    if (project.incomplete || !store.tables.has_project(project.id)) continue;
    if (store.listings.is_whole(project.id)) request.project_ids.push_back(project.id);
  }
  if (request.project_ids.empty() && store.exports.forgotten().empty()) return;
  exports::ExportReport report;
  std::optional<Error> ended;
  try {
    exports::run_exports(config, store, env, request, stop, report);
  } catch (...) {
    ended = current_error(ErrorCode::exports, "exporting", "the projects");
  }
  result.exports.add(report.written);
  for (const exports::ProjectError& failure : report.failures)
    note_failure(failure, observer, result);
  if (ended) report.troubles.push_back(*ended);
  for (const Error& trouble : report.troubles) {
    note_failure({}, trouble.what(), exit_code(trouble.code()), observer, result);
  }
  if (ended && ended->code() == ErrorCode::interrupted) {
    result.result = sync::Outcome::interrupted;
  }
}

}  // namespace

sync::ExportProgress progress_of(const exports::ExportStep& step) {
  using Doing = sync::ExportProgress::Doing;
  sync::ExportProgress progress;
  progress.doing = step.stage == exports::ExportStep::Stage::writing    ? Doing::writing
                   : step.stage == exports::ExportStep::Stage::renaming ? Doing::renaming
                                                                        : Doing::placing;
  progress.project_id = step.project_id;
  progress.project_name = step.project_name;
  progress.done = step.done;
  progress.total = step.total;
  progress.images_done = step.images_done;
  progress.images_all = step.images_all;
  return progress;
}

void export_changes(const Config& config, bool adopt, Env& env, sync::Observer& observer,
                    const std::stop_token& stop, sync::SyncResult& result, store::Store& store) {
  exports::ExportRequest request;
  request.adopt = adopt;
  run(config, env, observer, stop, std::move(request), result, store);
}

void export_links(const Config& config, Env& env, sync::Observer& observer,
                  const std::stop_token& stop, sync::SyncResult& result, store::Store& store) {
  exports::ExportRequest request;
  request.links_only = true;
  run(config, env, observer, stop, std::move(request), result, store);
}

}  // namespace nexus_mirror::update
