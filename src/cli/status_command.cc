#include "cli/status_command.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "cli/json_text.h"
#include "cli/row_writer.h"
#include "cli/text.h"
#include "daemon/schedule.h"
#include "text/quantity.h"
#include "text/to_come.h"

namespace nexus_mirror::cli {
namespace {

using store::ProjectCounts;
using store::SyncRow;

void write_sync(text::JsonWriter& json, const SyncRow& sync) {
  json.begin_object("last_sync");
  json.member("id", sync.id);
  json.member("sync_id", sync.id);  // as in `sync --json`
  json.member("mode", sync.mode);
  json.member("result", name_of(sync.result));
  json.member("started_at", sync.started_at);
  json.member("finished_at", sync.finished_at);
  json.member("requests", sync.requests);
  json.member("bytes_received", sync.bytes_received);
  write_rows(json, sync.rows);
  json.member("error", unless_empty(sync.error));
  json.member("whole", sync.whole);
  json.end_object();
}

void write_projects(text::JsonWriter& json, const std::vector<ProjectCounts>& projects) {
  json.begin_array("projects");
  for (const ProjectCounts& project : projects) {
    json.begin_object();
    json.member("id", project.id);
    json.member("name", project.name);
    json.member("assets", project.assets);
    json.member("annotations", project.annotations);
    json.member("runs", project.runs);
    json.member("artifacts", project.artifacts);
    json.member("models", project.models);
    json.member("removed_at", project.removed_at);
    json.begin_array("left_out");
    for (const store::LeftOutKind& kind : project.left_out) {
      json.begin_object();
      json.member("entity", kind.entity);
      json.member("reason", kind.reason);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

std::string status_json(const MirrorStatus& status, const std::filesystem::path& database) {
  text::JsonWriter json;
  json.begin_object();
  json.member("database", database.string());
  json.member("schema_version", status.schema_version);
  json.member("wal_bytes", status.wal.bytes);
  json.key("wal_reader_pid");
  status.wal.reader_pid > 0 ? json.value(status.wal.reader_pid) : json.value(nullptr);
  status.last_sync ? write_sync(json, *status.last_sync) : json.member("last_sync", nullptr);
  json.member("last_success_at", status.last_success_at);
  json.key("age_s");
  status.age_ms ? json.value(*status.age_ms / 1000) : json.value(nullptr);
  json.member("stale", status.stale);
  json.member("next_run_at", status.next_run_at);
  json.member("doubtful_sync_id", status.doubtful_sync);
  write_projects(json, status.projects);
  json.begin_object("history");
  const auto& oldest = status.history.oldest;
  json.member("since", oldest ? std::optional(oldest->ended) : std::nullopt);
  json.member("since_sync_id", oldest ? std::optional(oldest->sync_id) : std::nullopt);
  json.member("changes", status.history.changes);
  json.member("bytes", status.history.bytes);
  json.end_object();
  json.begin_object("files");
  json.member("ok", status.files.ok);
  json.member("missing", status.files.missing);
  json.member("failed", status.files.failed);
  json.member("bytes", status.files.bytes);
  json.end_object();
  json.end_object();
  return json.take() + "\n";
}

// "2h 5m", of milliseconds.
std::string duration_text(std::int64_t ms) {
  return text::rough_duration(std::chrono::milliseconds(ms));
}

std::string sync_text(const SyncRow& sync, std::int64_t now_ms) {
  std::string text = std::string("#") + std::to_string(sync.id) + " " + sync.mode + ", ";
  text += name_of(sync.result);
  if (sync.result == objects::Outcome::running) text += " (or cut short)";
  if (!sync.whole) text += ", of some projects";
  if (text::is_to_come(sync.started_at, now_ms)) return text + ", nobody knows when";
  return text + ", " + duration_text(std::max<std::int64_t>(0, now_ms - sync.started_at)) + " ago";
}

// More than a sync leaves in the write-ahead log by itself.
constexpr std::int64_t kLargeWal = std::int64_t{96} << 20;

// Lines of at most 60 columns, long names and errors aside.
void print_summary(const MirrorStatus& status, const Config& config, std::int64_t now_ms,
                   CommandContext& context) {
  const auto line = [&](std::string_view name, const std::string& text) {
    std::string padded(name);
    padded.resize(12, ' ');
    context.out.write(padded + printable(text) + "\n");
  };
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(config.mirror.database, unknown);
  line("mirror", config.mirror.database.string());
  line("", "schema " + std::to_string(status.schema_version) +
               (unknown ? std::string() : ", " + text::rough_size(bytes)));
  if (status.wal.bytes > kLargeWal) {
    line("log", text::rough_size(static_cast<std::uint64_t>(status.wal.bytes)) +
                    (status.wal.reader_pid > 0
                         ? ", held by a reader, process " + std::to_string(status.wal.reader_pid)
                         : std::string()));
  }
  if (const auto& sync = status.last_sync) {
    line("last sync", sync_text(*sync, now_ms));
    line("", std::string("+") + std::to_string(sync->rows.inserted) + " ~" +
                 std::to_string(sync->rows.updated) + " -" + std::to_string(sync->rows.deleted) +
                 " rows, " + std::to_string(sync->requests) + " requests, " +
                 text::rough_size(
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, sync->bytes_received))));
    if (!sync->error.empty()) line("error", sync->error);
  } else {
    line("last sync", "none yet");
  }
  line("last ok", status.last_success_at
                      ? text::moment_text(*status.last_success_at, context.zone) + ", " +
                            duration_text(*status.age_ms) + " ago"
                      : std::string(status.doubtful_sync ? "nobody knows when" : "never"));
  if (status.doubtful_sync) {
    line("clock",
         "wrong at #" + std::to_string(*status.doubtful_sync) + ": nobody knows when it was");
  }
  if (status.next_run_at) {
    const std::int64_t wait = *status.next_run_at - now_ms;
    line("next run",
         text::moment_text(*status.next_run_at, context.zone) + ", " +
             (wait >= 0 ? "in " + duration_text(wait) : "due for " + duration_text(-wait)));
  }
  if (const store::FileCounts& files = status.files; files.ok + files.missing + files.failed > 0) {
    line("files", std::to_string(files.ok) + " here (" +
                      text::rough_size(static_cast<std::uint64_t>(files.bytes)) + "), " +
                      std::to_string(files.missing) + " missing, " + std::to_string(files.failed) +
                      " failed");
  }
  if (const auto& oldest = status.history.oldest) {
    line("history", "since " + text::moment_text(oldest->ended, context.zone) + ", about " +
                        text::rough_size(static_cast<std::uint64_t>(status.history.bytes)));
  }
  const std::string allowed = duration_text(config.sync.stale_after.count());
  line("state",
       status.stale ? "STALE: no success within " + allowed : "fresh: a success within " + allowed);
}

void print_projects(const MirrorStatus& status, CommandContext& context) {
  if (status.projects.empty()) return;
  context.out.write("\n");
  const auto writer = make_row_writer(RowFormat::table, context.out);
  writer->begin({"project", "assets", "annotations", "runs", "artifacts", "models"});
  std::string removed, left_out;
  for (const ProjectCounts& project : status.projects) {
    writer->row({project.name + (project.removed_at ? " *" : ""), project.assets,
                 project.annotations, project.runs, project.artifacts, project.models});
    for (const store::LeftOutKind& kind : project.left_out) {
      left_out += printable(project.name) + ": " + kind.entity + " are left out, " +
                  printable(kind.reason) + "\n";
    }
    if (!project.removed_at) continue;
    removed += "* " + printable(project.name) + ": removed from the workspace by " +
               text::minute_text(*project.removed_at, context.zone) + "\n";
  }
  writer->end();
  context.out.write(removed);
  if (!left_out.empty()) context.out.write("\n" + left_out);
}

// When the daemon's schedule has the next one at the latest, jitter aside.
std::optional<std::int64_t> next_run(store::Database& mirror, const SyncRow& last,
                                     const SyncConfig& settings, std::int64_t now_ms) {
  if (text::is_to_come(last.finished_at.value_or(last.started_at), now_ms)) return std::nullopt;
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
  const store::LastSuccess success = store::last_success(mirror, now_ms);
  status.last_success_at = success.ended;
  status.doubtful_sync = success.doubtful;
  if (status.last_success_at) {
    status.age_ms = std::max<std::int64_t>(0, now_ms - *status.last_success_at);
    status.stale = *status.age_ms > sync.stale_after.count();
  }
  if (status.last_sync) status.next_run_at = next_run(mirror, *status.last_sync, sync, now_ms);
  status.projects = store::count_projects(mirror);
  status.files = store::count_files(mirror);
  status.history = store::history_reach(mirror);
  return status;
}

ExitCode run_status(const StatusOptions& options, CommandContext& context) {
  const Config config = context.load();
  const std::int64_t now_ms = context.env.now_ms();
  const store::WalState wal = store::wal_state(config.mirror.database.string());
  store::Database mirror(config.mirror, store::Use::query);
  MirrorStatus status = read_status(mirror, config.sync, now_ms);
  status.wal = wal;
  if (options.json) {
    context.out.write(status_json(status, config.mirror.database));
  } else {
    print_summary(status, config, now_ms, context);
    print_projects(status, context);
  }
  return status.stale ? ExitCode::partial : ExitCode::done;
}

}  // namespace nexus_mirror::cli
