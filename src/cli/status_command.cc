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

std::int64_t number(const store::Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer == nullptr ? 0 : *integer;
}

std::optional<std::int64_t> optional_number(const store::Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer == nullptr ? std::nullopt : std::optional<std::int64_t>(*integer);
}

std::optional<SyncRecord> last_sync(store::Reader& reader) {
  const auto rows = reader.rows(
      "SELECT id, started_at, finished_at, mode, result, requests, bytes_received, rows_inserted,"
      " rows_updated, rows_deleted, error FROM syncs ORDER BY id DESC LIMIT 1");
  if (rows.empty()) return std::nullopt;
  const store::Row& row = rows.front();
  SyncRecord sync;
  sync.id = number(row[0]);
  sync.started_at = number(row[1]);
  sync.finished_at = optional_number(row[2]);
  sync.mode = format_value(row[3]);
  // A word that nobody knows promises nothing.
  sync.result = objects::outcome_of(format_value(row[4])).value_or(objects::Outcome::failed);
  sync.requests = number(row[5]);
  sync.bytes_received = number(row[6]);
  sync.rows_inserted = number(row[7]);
  sync.rows_updated = number(row[8]);
  sync.rows_deleted = number(row[9]);
  sync.error = format_value(row[10]);
  return sync;
}

std::vector<ProjectCounts> count_projects(store::Reader& reader) {
  std::vector<ProjectCounts> projects;
  for (const store::Row& row :
       reader.rows("SELECT p.id, p.name,"
                   " (SELECT count(*) FROM assets WHERE project_id = p.id),"
                   " (SELECT count(*) FROM annotations WHERE project_id = p.id),"
                   " (SELECT count(*) FROM runs WHERE project_id = p.id),"
                   " (SELECT count(*) FROM artifacts WHERE project_id = p.id),"
                   " (SELECT count(*) FROM models WHERE project_id = p.id), p.removed_at"
                   " FROM projects AS p ORDER BY p.name, p.id")) {
    projects.push_back({format_value(row[0]), format_value(row[1]), number(row[2]), number(row[3]),
                        number(row[4]), number(row[5]), number(row[6]), optional_number(row[7])});
  }
  return projects;
}

void write_optional(JsonOutput& json, const char* key, std::optional<std::int64_t> value) {
  json.Key(key);
  value ? json.Int64(*value) : json.Null();
}

void write_sync(JsonOutput& json, const std::optional<SyncRecord>& sync) {
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
  json.Int64(sync->rows_inserted);
  json.Key("updated");
  json.Int64(sync->rows_updated);
  json.Key("deleted");
  json.Int64(sync->rows_deleted);
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

std::string sync_text(const SyncRecord& sync, std::int64_t now_ms) {
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
    line("", std::string("+") + std::to_string(sync->rows_inserted) + " ~" +
                 std::to_string(sync->rows_updated) + " -" + std::to_string(sync->rows_deleted) +
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
std::int64_t next_run(store::Reader& reader, const SyncRecord& last, const SyncConfig& settings) {
  if (last.result != objects::Outcome::failed || !last.finished_at) {
    return last.started_at + daemon::regular_wait(settings, 0);
  }
  const std::int64_t failures =
      number(reader
                 .rows("SELECT count(*) FROM syncs WHERE id >"
                       " (SELECT coalesce(max(id), 0) FROM syncs WHERE result <> 'failed')")
                 .at(0)
                 .at(0));
  const int in_a_row = static_cast<int>(std::min<std::int64_t>(failures, 1000));
  return *last.finished_at + daemon::failure_wait(settings, in_a_row, 1);
}

}  // namespace

MirrorStatus read_status(store::Reader& reader, const SyncConfig& sync, std::int64_t now_ms) {
  MirrorStatus status;
  status.schema_version = reader.schema_version();
  status.last_sync = last_sync(reader);
  status.last_success_at = optional_number(
      reader.rows("SELECT max(finished_at) FROM syncs WHERE result = 'ok'").at(0).at(0));
  if (status.last_success_at) {
    status.age_ms = std::max<std::int64_t>(0, now_ms - *status.last_success_at);
    status.stale = *status.age_ms > sync.stale_after.count();
  }
  if (status.last_sync) status.next_run_at = next_run(reader, *status.last_sync, sync);
  status.projects = count_projects(reader);
  return status;
}

ExitCode run_status(const StatusOptions& options, Session& session) {
  const Config config = session.load();
  const std::int64_t now_ms = session.env.now_ms();
  store::Reader reader(config.mirror.database);
  const MirrorStatus status = read_status(reader, config.sync, now_ms);
  if (options.json) {
    session.out.write(status_json(status, config.mirror.database));
  } else {
    print_summary(status, config, now_ms, session.out);
    print_projects(status, session.out);
  }
  return status.stale ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
