#include "cli/status_command.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/json_text.h"
#include "cli/moment.h"
#include "cli/row_writer.h"
#include "cli/text.h"
#include "daemon/schedule.h"

namespace nexus_mirror::cli {
namespace {

using store::ProjectCounts;
using store::SyncRow;

void write_optional(JsonOutput& json, const char* key, std::optional<std::int64_t> value) {
  json.Key(key);
  value ? json.Int64(*value) : json.Null();
}

void write_sync(JsonOutput& json, const std::optional<SyncRow>& sync) {
  json.Key("last_sync");
  if (!sync) {
    json.Null();
    return;
  }
  json.StartObject();
  json.Key("id");
  json.Int64(sync->id);
  json.Key("sync_id");  // as in `sync --json`
  json.Int64(sync->id);
  json.Key("mode");
  write_text(json, sync->mode);
  json.Key("result");
  write_text(json, name_of(sync->result));
  json.Key("started_at");
  json.Int64(sync->started_at);
  write_optional(json, "finished_at", sync->finished_at);
  json.Key("requests");
  json.Int64(sync->requests);
  json.Key("bytes_received");
  json.Int64(sync->bytes_received);
  json.Key("rows");
  json.StartObject();
  json.Key("inserted");
  json.Int64(sync->rows.inserted);
  json.Key("updated");
  json.Int64(sync->rows.updated);
  json.Key("deleted");
  json.Int64(sync->rows.deleted);
  json.EndObject();
  json.Key("error");
  sync->error.empty() ? void(json.Null()) : write_text(json, sync->error);
  json.EndObject();
}

void write_projects(JsonOutput& json, const std::vector<ProjectCounts>& projects) {
  json.Key("projects");
  json.StartArray();
  for (const ProjectCounts& project : projects) {
    json.StartObject();
    json.Key("id");
    write_text(json, project.id);
    json.Key("name");
    write_text(json, project.name);
    write_optional(json, "assets", project.assets);
    write_optional(json, "annotations", project.annotations);
    write_optional(json, "runs", project.runs);
    write_optional(json, "artifacts", project.artifacts);
    write_optional(json, "models", project.models);
    write_optional(json, "removed_at", project.removed_at);
    json.EndObject();
  }
  json.EndArray();
}

std::string status_json(const MirrorStatus& status, const std::filesystem::path& database) {
  rapidjson::StringBuffer buffer;
  JsonOutput json(buffer);
  json.StartObject();
  json.Key("database");
  write_text(json, database.string());
  json.Key("schema_version");
  json.Int(status.schema_version);
  write_sync(json, status.last_sync);
  write_optional(json, "last_success_at", status.last_success_at);
  json.Key("age_s");
  status.age_ms ? json.Int64(*status.age_ms / 1000) : json.Null();
  json.Key("stale");
  json.Bool(status.stale);
  write_optional(json, "next_run_at", status.next_run_at);
  write_projects(json, status.projects);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::string sync_text(const SyncRow& sync, std::int64_t now_ms) {
  std::string text = std::string("#") + std::to_string(sync.id) + " " + sync.mode + ", ";
  text += name_of(sync.result);
  if (sync.result == objects::Outcome::running) text += " (or cut short)";
  return text + ", " + format_duration(now_ms - sync.started_at) + " ago";
}

// Lines of at most 60 columns, long names and errors aside.
void print_summary(const MirrorStatus& status, const Config& config, std::int64_t now_ms,
                   Output& out) {
  const auto line = [&](std::string_view name, const std::string& text) {
    std::string padded(name);
    padded.resize(12, ' ');
    out.write(padded + printable(text) + "\n");
  };
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(config.mirror.database, unknown);
  line("mirror", config.mirror.database.string());
  line("", "schema " + std::to_string(status.schema_version) +
               (unknown ? std::string() : ", " + format_bytes(bytes)));
  if (const auto& sync = status.last_sync) {
    line("last sync", sync_text(*sync, now_ms));
    line("", std::string("+") + std::to_string(sync->rows.inserted) + " ~" +
                 std::to_string(sync->rows.updated) + " -" + std::to_string(sync->rows.deleted) +
                 " rows, " + std::to_string(sync->requests) + " requests, " +
                 format_bytes(
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, sync->bytes_received))));
    if (!sync->error.empty()) line("error", sync->error);
  } else {
    line("last sync", "none yet");
  }
  line("last ok", status.last_success_at ? format_moment(*status.last_success_at) + " UTC, " +
                                               format_duration(*status.age_ms) + " ago"
                                         : "never");
  if (status.next_run_at) {
    const std::int64_t wait = *status.next_run_at - now_ms;
    line("next run",
         format_moment(*status.next_run_at) + " UTC, " +
             (wait >= 0 ? "in " + format_duration(wait) : "due for " + format_duration(-wait)));
  }
  const std::string allowed = format_duration(config.sync.stale_after.count());
  line("state",
       status.stale ? "STALE: no success within " + allowed : "fresh: a success within " + allowed);
}

void print_projects(const MirrorStatus& status, Output& out) {
  if (status.projects.empty()) return;
  out.write("\n");
  const auto writer = make_row_writer(RowFormat::table, out);
  writer->begin({"project", "assets", "annotations", "runs", "artifacts", "models"});
  std::string removed;
  for (const ProjectCounts& project : status.projects) {
    writer->row({project.name + (project.removed_at ? " *" : ""), project.assets,
                 project.annotations, project.runs, project.artifacts, project.models});
    if (!project.removed_at) continue;
    removed += "* " + printable(project.name) + ": removed from the workspace, seen " +
               format_moment(*project.removed_at) + "\n";
  }
  writer->end();
  out.write(removed);
}

// When the daemon's schedule has the next one at the latest, jitter aside.
std::int64_t next_run(store::Database& mirror, const SyncRow& last, const SyncConfig& settings) {
  if (last.result != objects::Outcome::failed || !last.finished_at) {
    return last.started_at + daemon::regular_wait(settings, 0);
  }
  const int in_a_row =
      static_cast<int>(std::min<std::int64_t>(store::failures_in_a_row(mirror), 1000));
  return *last.finished_at + daemon::failure_wait(settings, in_a_row, 1);
}

}  // namespace

MirrorStatus read_status(store::Database& mirror, const SyncConfig& sync, std::int64_t now_ms) {
  MirrorStatus status;
  status.schema_version = mirror.schema_version();
  status.last_sync = store::last_sync(mirror);
  status.last_success_at = store::last_success(mirror);
  if (status.last_success_at) {
    status.age_ms = std::max<std::int64_t>(0, now_ms - *status.last_success_at);
    status.stale = *status.age_ms > sync.stale_after.count();
  }
  if (status.last_sync) status.next_run_at = next_run(mirror, *status.last_sync, sync);
  status.projects = store::count_projects(mirror);
  return status;
}

ExitCode run_status(const StatusOptions& options, Session& session) {
  const Config config = session.load();
  const std::int64_t now_ms = session.env.now_ms();
  store::Database mirror(config.mirror, store::Use::query);
  const MirrorStatus status = read_status(mirror, config.sync, now_ms);
  if (options.json) {
    session.out.write(status_json(status, config.mirror.database));
  } else {
    print_summary(status, config, now_ms, session.out);
    print_projects(status, session.out);
  }
  return status.stale ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
