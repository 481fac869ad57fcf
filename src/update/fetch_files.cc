#include "update/fetch_files.h"

#include <string>

#include "error/current_error.h"
#include "error/exit_status.h"
#include "files/file_sync.h"
#include "log/guard.h"
#include "log/log.h"

namespace nexus_mirror::update {
namespace {

// The rows are up to date all the same, so a sync that was well is so but for its files.
void note(const std::string& text, ExitCode exit, sync::Observer& observer,
          sync::SyncResult& result) {
  log::error(text, {{"sync_id", result.sync_id}});
  observer.trouble({}, text);
  if (result.result == sync::Outcome::ok) {
    result.only_files = true;
    result.result = sync::Outcome::partial;
  }
  if (result.error.empty()) result.error = text;
  result.exit = graver(result.exit, exit);
}

std::string failures_text(const files::FileSyncReport& report) {
  std::string text = report.failures.front();
  if (report.files.failed > 1) {
    text += " (and " + std::to_string(report.files.failed - 1) +
            " more; 'nexus-mirror files --missing' lists them)";
  }
  return text;
}

void settle(const files::FileSyncReport& report, sync::Observer& observer,
            sync::SyncResult& result) {
  result.files = report.files;
  result.requests += static_cast<std::int64_t>(report.asked.requests);
  result.bytes_received += static_cast<std::int64_t>(report.asked.bytes_received);
  if (!report.failures.empty()) note(failures_text(report), ExitCode::partial, observer, result);
  if (report.unreachable) {
    // From the second time on neither result nor exit tell of it (CONTRACT.md 8.6).
    if (report.files.failed > 0) {
      note(report.unreachable->what(), ExitCode::partial, observer, result);
    } else {
      log::warning(report.unreachable->what(), {{"sync_id", result.sync_id}});
    }
  }
  if (report.no_room) note(report.no_room->what(), ExitCode::machine, observer, result);
  if (report.out_of_time) {
    log::info("fetching files: the time limit is over, " + std::to_string(report.files.missing) +
                  " are missing; the next sync goes on",
              {{"sync_id", result.sync_id}});
  }
  if (report.stopped) {
    note("fetching files: asked to stop; the next sync goes on", ExitCode::partial, observer,
         result);
    result.result = sync::Outcome::interrupted;
  }
}

}  // namespace

void fetch_files(const Config& config, const UpdateRequest& request, Env& env,
                 sync::Observer& observer, const std::stop_token& stop, sync::SyncResult& result,
                 store::Store& store) {
  // What was stopped ends soon, and where the mirror fails there is no going on.
  if (stop.stop_requested() || result.result == sync::Outcome::interrupted ||
      result.exit == ExitCode::machine) {
    return;
  }
  files::FileSyncRequest wanted;
  wanted.adopt = request.adopt;
  wanted.time_limit =
      config.files.time_limit.count() > 0 ? config.files.time_limit : request.files_limit;
  if (!request.sync.projects.empty()) {
    for (const sync::ProjectResult& project : result.projects) {
      wanted.project_ids.push_back(project.id);
    }
    if (wanted.project_ids.empty()) return;
  }
  try {
    settle(files::sync_files(config, wanted, env, observer, stop, store), observer, result);
  } catch (...) {
    const Error error = current_error(ErrorCode::machine, "fetching", "files");
    note(error.what(), exit_code(error.code()), observer, result);
  }
  try {
    if (store.files.changed()) result.files.kept = store.files.counts();
  } catch (...) {
    log::current_exception("counting", "files");
  }
}

}  // namespace nexus_mirror::update
