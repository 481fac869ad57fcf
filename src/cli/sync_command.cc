#include "cli/sync_command.h"

#include <unistd.h>

#include "cli/json_text.h"
#include "cli/progress.h"
#include "env/signals.h"
#include "log/log.h"
#include "update/run_update.h"

namespace nexus_mirror::cli {
namespace {

class DrawnProgress final : public sync::Observer {
 public:
  DrawnProgress(ProgressDisplay& display, Env& env) : display_(display), env_(env) {}

  void project_rows(const std::string& id, const std::string& name, std::int64_t done,
                    std::optional<std::int64_t> total) override {
    display_.update(id, name, done, total, env_.monotonic_ms());
  }
  void files_fetched(const sync::FilesProgress& progress) override {
    display_.update_files(progress.files, progress.total, progress.bytes, progress.total_bytes,
                          env_.monotonic_ms());
  }
  void project_finished(const std::string& id) override {
    display_.finish_project(id, env_.monotonic_ms());
  }

 private:
  ProgressDisplay& display_;
  Env& env_;
};

void write_result(const sync::SyncResult& result, Output& out) {
  text::JsonWriter json;
  json.begin_object();
  json.key("sync_id");
  result.sync_id == 0 ? json.value(nullptr) : json.value(result.sync_id);
  json.member("mode", unless_empty(result.mode));
  json.member("result", unless_empty(name_of(result.result)));
  json.member("error", unless_empty(result.error));
  json.member("whole", result.whole);
  json.member("started_at", result.started_at);
  json.member("finished_at", result.finished_at);
  json.member("requests", result.requests);
  json.member("bytes_received", result.bytes_received);
  write_rows(json, result.rows);
  json.begin_array("projects");
  for (const sync::ProjectResult& project : result.projects) {
    json.begin_object();
    json.member("id", unless_empty(project.id));
    json.member("name", unless_empty(project.name));
    json.member("result", unless_empty(name_of(project.outcome)));
    json.member("error", unless_empty(project.error));
    write_rows(json, project.rows);
    json.end_object();
  }
  json.end_array();
  json.begin_array("exports");  // of which there may be millions
  result.exports.for_each([&](std::string_view path) {
    json.value(path);
    out.write(json.take());
  });
  json.end_array();
  json.end_object();
  out.write(json.take() + "\n");
}

}  // namespace

ExitCode run_sync(const SyncOptions& options, CommandContext& context) {
  env::Signals signals;
  const Config config = context.load(Keep::secrets);
  signals.listen();
  update::UpdateRequest request;
  request.sync.projects = options.projects;
  request.sync.full = options.full;
  request.sync.quick = options.quick;
  request.sync.dry_run = options.dry_run;
  request.sync.allow_mass_delete = options.allow_mass_delete;
  request.files = !options.no_files;
  request.exports = !options.no_export;
  request.adopt = options.adopt;
  Terminal terminal = detect_terminal(context.console.err_fd);
  if (options.no_progress) terminal = {};
  ProgressDisplay display(context.console.err_fd, terminal, 0);
  DrawnProgress observer(display, context.env);
  const sync::SyncResult result =
      update::run_update(config, request, context.env, observer, signals.stop_token());
  display.finish();
  log::info(update::summary(result, options.dry_run),
            {{"sync_id", result.sync_id},
             {"requests", result.requests},
             {"bytes_received", result.bytes_received},
             {"projects", static_cast<std::int64_t>(result.projects.size())}});
  if (options.json) write_result(result, context.out);
  for (const sync::WorkspaceResult& workspace : result.workspaces) {
    if (workspace.own_error && workspace.error != result.error) context.notice(workspace.error);
  }
  if (result.exit != ExitCode::done && !result.error.empty()) context.notice(result.error);
  return result.exit;
}

}  // namespace nexus_mirror::cli
