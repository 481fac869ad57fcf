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
  void project_finished(const std::string& id) override {
    display_.finish_project(id, env_.monotonic_ms());
  }

 private:
  ProgressDisplay& display_;
  Env& env_;
};

void write_rows(JsonOutput& json, const store::RowCounts& rows) {
  write_key(json, "rows");
  json.StartObject();
  write_key(json, "inserted");
  json.Int64(rows.inserted);
  write_key(json, "updated");
  json.Int64(rows.updated);
  write_key(json, "deleted");
  json.Int64(rows.deleted);
  json.EndObject();
}

void write_field(JsonOutput& json, std::string_view key, std::string_view text) {
  write_key(json, key);
  if (text.empty()) {
    json.Null();
  } else {
    write_text(json, text);
  }
}

void write_field(JsonOutput& json, std::string_view key, std::int64_t number) {
  write_key(json, key);
  json.Int64(number);
}

std::string result_json(const sync::SyncResult& result) {
  rapidjson::StringBuffer buffer;
  JsonOutput json(buffer);
  json.StartObject();
  write_key(json, "sync_id");
  result.sync_id == 0 ? json.Null() : json.Int64(result.sync_id);
  write_field(json, "mode", result.mode);
  write_field(json, "result", name_of(result.result));
  write_field(json, "error", result.error);
  write_field(json, "started_at", result.started_at);
  write_field(json, "finished_at", result.finished_at);
  write_field(json, "requests", result.requests);
  write_field(json, "bytes_received", result.bytes_received);
  write_rows(json, result.rows);
  write_key(json, "projects");
  json.StartArray();
  for (const sync::ProjectResult& project : result.projects) {
    json.StartObject();
    write_field(json, "id", project.id);
    write_field(json, "name", project.name);
    write_field(json, "result", name_of(project.outcome));
    write_field(json, "error", project.error);
    write_rows(json, project.rows);
    json.EndObject();
  }
  json.EndArray();
  write_key(json, "exports");
  json.StartArray();
  for (const std::string& path : result.exports) write_text(json, path);
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace

ExitCode run_sync(const SyncOptions& options, Session& session) {
  env::Signals signals;
  signals.listen();
  const Config config = session.load();
  update::UpdateRequest request;
  request.sync.projects = options.projects;
  request.sync.full = options.full;
  request.sync.quick = options.quick;
  request.sync.dry_run = options.dry_run;
  request.sync.allow_mass_delete = options.allow_mass_delete;
  request.exports = !options.no_export;
  Terminal terminal = detect_terminal(session.console.err_fd);
  if (options.no_progress) terminal = {};
  ProgressDisplay display(session.console.err_fd, terminal, 0);
  DrawnProgress observer(display, session.env);
  const sync::SyncResult result =
      update::run_update(config, request, session.env, observer, signals.stop_token());
  display.finish();
  log::info(update::summary(result, options.dry_run),
            {{"sync_id", result.sync_id},
             {"requests", result.requests},
             {"bytes_received", result.bytes_received},
             {"projects", static_cast<std::int64_t>(result.projects.size())}});
  if (options.json) session.out.write(result_json(result));
  const bool differs_only = options.dry_run && result.exit == ExitCode::guard;
  if (result.exit != ExitCode::done && !result.error.empty()) session.notice(result.error);
  return differs_only ? ExitCode::done : result.exit;
}

}  // namespace nexus_mirror::cli
