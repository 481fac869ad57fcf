#include "daemon/metrics.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "nexus_mirror/error.h"
#include "text/number.h"
#include "text/to_come.h"

namespace nexus_mirror::daemon {
namespace {

// A label's value: backslash, quote and line break are escaped.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

class Exposition {
 public:
  // Begins a metric; samples follow.
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "nexus_mirror_" + std::string(name);
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }
  void sample(const std::string& value, std::string_view labels = {}) {
    text_.append(name_).append(labels).append(" ").append(value).append("\n");
  }
  void sample(std::int64_t value, std::string_view labels = {}) {
    sample(std::to_string(value), labels);
  }
  // Milliseconds, shown in seconds.
  void seconds(std::int64_t ms, std::string_view labels = {}) {
    sample(text::number_text(static_cast<double>(ms) / 1000), labels);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_, text_;
};

std::string label(std::string_view name, std::string_view value) {
  return "{" + std::string(name) + "=\"" + escaped(value) + "\"}";
}

std::string labels(std::string_view first, std::string_view second,
                   const std::pair<std::string, std::string>& values) {
  return "{" + std::string(first) + "=\"" + escaped(values.first) + "\"," + std::string(second) +
         "=\"" + escaped(values.second) + "\"}";
}

// What a request without an answer counts as.
std::string_view status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::unreachable:
      return "unreachable";
    case ErrorCode::interrupted:
      return "interrupted";
    default:
      return "unusable";
  }
}

std::int64_t size_of(const std::filesystem::path& file) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(file, unknown);
  return unknown ? 0 : static_cast<std::int64_t>(size);
}

std::string wal_of(const std::filesystem::path& database) { return database.string() + "-wal"; }

}  // namespace

void Metrics::configure(const Config& config) {
  const std::lock_guard lock(mutex_);
  database_ = config.mirror.database;
  stale_after_ = config.sync.stale_after.count();
  std::map<std::string, Workspace> kept;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    kept[workspace.name] = workspaces_[workspace.name];
  }
  workspaces_ = std::move(kept);
}

void Metrics::set_reload_successful(bool successful) {
  const std::lock_guard lock(mutex_);
  reload_successful_ = successful;
}

void Metrics::exchanged(const Exchange& exchange) {
  const std::lock_guard lock(mutex_);
  const std::string name(exchange.workspace);
  const std::string status =
      exchange.error ? std::string(status_of(*exchange.error)) : std::to_string(exchange.status);
  ++requests_[{name, status}];
  workspaces_[name].bytes += static_cast<std::int64_t>(exchange.bytes_received);
}

void Metrics::retried(const std::string& workspace) {
  const std::lock_guard lock(mutex_);
  ++workspaces_[workspace].retries;
}

void Metrics::sync_began() {
  const std::lock_guard lock(mutex_);
  syncing_ = true;
}

void Metrics::sync_ended(const sync::SyncResult& result,
                         const std::vector<store::TableChanges>& rows) {
  std::int64_t bytes = 0;
  try {
    result.exports.for_each([&](std::string_view file) { bytes += size_of(file); });
  } catch (const Error&) {  // of a list that went to the disk: less is counted
  }
  const std::lock_guard lock(mutex_);
  syncing_ = false;
  wal_held_ = size_of(wal_of(database_)) > 0;
  ++syncs_[result.result];
  last_duration_ms_ = result.finished_at - result.started_at;
  for (const store::TableChanges& table : rows) rows_[{table.table, table.operation}] += table.rows;
  exported_files_ += static_cast<std::int64_t>(result.exports.size());
  exported_bytes_ += bytes;
  if (result.files.kept) files_ = *result.files.kept;
  const bool well = result.result == sync::Outcome::ok || result.only_files;
  if (well && result.whole) last_success_ = result.finished_at;
  for (const sync::WorkspaceResult& workspace : result.workspaces) {
    if (workspace.outcome != sync::Outcome::ok || !workspace.whole) continue;
    workspaces_[workspace.name].last_success = result.finished_at;
  }
}

void Metrics::set_files(const store::FileCounts& files) {
  const std::lock_guard lock(mutex_);
  files_ = files;
}

void Metrics::hook_ended(bool well) {
  const std::lock_guard lock(mutex_);
  ++(well ? hooks_well_ : hooks_failed_);
}

void Metrics::set_hooks_failing(std::int64_t projects) {
  const std::lock_guard lock(mutex_);
  hooks_failing_ = projects;
}

void Metrics::sync_failed() {
  const std::lock_guard lock(mutex_);
  syncing_ = false;
  wal_held_ = size_of(wal_of(database_)) > 0;
  ++syncs_[sync::Outcome::failed];
}

void Metrics::sync_postponed() {
  const std::lock_guard lock(mutex_);
  syncing_ = false;
}

void Metrics::set_last_success(std::optional<std::int64_t> when) {
  const std::lock_guard lock(mutex_);
  last_success_ = when;
}

void Metrics::set_next_sync(std::optional<std::int64_t> when) {
  const std::lock_guard lock(mutex_);
  next_sync_ = when;
}

void Metrics::set_failures(const std::string& workspace, int in_a_row) {
  const std::lock_guard lock(mutex_);
  workspaces_[workspace].failures = in_a_row;
}

bool Metrics::ready(std::int64_t now) const {
  const std::lock_guard lock(mutex_);
  return last_success_ && !text::is_to_come(*last_success_, now) &&
         now - *last_success_ <= stale_after_;
}

std::string Metrics::text(std::int64_t now) const {
  const bool is_ready = ready(now);
  const std::lock_guard lock(mutex_);
  const bool known = last_success_ && !text::is_to_come(*last_success_, now);
  Exposition out;
  out.metric("build_info", "gauge", "The version of the program, as a label.");
  out.sample(1, label("version", NEXUS_MIRROR_VERSION));
  out.metric("last_success_timestamp_seconds", "gauge",
             "When the last sync that brought everything up to date ended; 0 = never or unknown.");
  out.seconds(known ? *last_success_ : 0);
  out.metric("staleness_seconds", "gauge", "Time since that success.");
  if (known) {
    out.seconds(std::max<std::int64_t>(0, now - *last_success_));
  } else {
    out.sample("+Inf");
  }
  out.metric("ready", "gauge", "1 while the last success is no older than stale_after.");
  out.sample(is_ready ? 1 : 0);
  out.metric("last_sync_duration_seconds", "gauge", "How long the last sync took.");
  out.seconds(last_duration_ms_);
  out.metric("next_sync_timestamp_seconds", "gauge", "When the next sync is due; 0 = now.");
  out.seconds(next_sync_.value_or(0));
  out.metric("sync_in_progress", "gauge", "1 while a sync runs.");
  out.sample(syncing_ ? 1 : 0);
  out.metric("syncs_total", "counter", "Syncs that ended, by result.");
  for (const objects::Outcome result : objects::kOutcomes) {
    if (result == objects::Outcome::running) continue;
    const auto ended = syncs_.find(result);
    out.sample(ended == syncs_.end() ? 0 : ended->second, label("result", name_of(result)));
  }
  out.metric("requests_total", "counter",
             "Requests sent, by HTTP status, or by why there was no answer.");
  for (const auto& [key, count] : requests_) out.sample(count, labels("workspace", "status", key));
  const auto each_workspace = [&](std::string_view name, std::string_view type,
                                  std::string_view help, auto write) {
    out.metric(name, type, help);
    for (const auto& [workspace, figures] : workspaces_) {
      write(figures, label("workspace", workspace));
    }
  };
  each_workspace("retries_total", "counter", "Requests that were tried again.",
                 [&](const Workspace& w, const std::string& of) { out.sample(w.retries, of); });
  each_workspace("received_bytes_total", "counter", "Bodies of answers, as on the wire.",
                 [&](const Workspace& w, const std::string& of) { out.sample(w.bytes, of); });
  each_workspace(
      "workspace_last_success_timestamp_seconds", "gauge",
      "When the workspace was last up to date, since the daemon began; 0 = never.",
      [&](const Workspace& w, const std::string& of) { out.seconds(w.last_success, of); });
  each_workspace("workspace_failures", "gauge", "Syncs of the workspace that failed, in a row.",
                 [&](const Workspace& w, const std::string& of) { out.sample(w.failures, of); });
  out.metric("rows_total", "counter", "Rows that changed in the mirror, by table and operation.");
  for (const auto& [key, count] : rows_) out.sample(count, labels("table", "operation", key));
  out.metric("exported_files_total", "counter", "Exported files that were written.");
  out.sample(exported_files_);
  out.metric("exported_bytes_total", "counter", "Bytes of those files.");
  out.sample(exported_bytes_);
  out.metric("files", "gauge", "Images and models that are kept or wanted here, by status.");
  out.sample(files_.ok, label("status", "ok"));
  out.sample(files_.missing, label("status", "missing"));
  out.sample(files_.failed, label("status", "failed"));
  out.metric("files_bytes", "gauge", "Their content that is here, each counted once.");
  out.sample(files_.bytes);
  out.metric("hook_runs_total", "counter", "Runs of the hook, by how they ended.");
  out.sample(hooks_well_, label("result", "ok"));
  out.sample(hooks_failed_, label("result", "failed"));
  out.metric("hook_failing", "gauge", "Projects whose hook ended badly the last time.");
  out.sample(hooks_failing_);
  out.metric("database_bytes", "gauge", "Size of the mirror with its write-ahead log.");
  out.sample(size_of(database_) + size_of(wal_of(database_)));
  out.metric("wal_bytes", "gauge", "Size of the mirror's write-ahead log alone.");
  out.sample(size_of(wal_of(database_)));
  out.metric("wal_held", "gauge",
             "Whether a reader kept the log from being taken in when the last sync ended.");
  out.sample(wal_held_ ? 1 : 0);
  out.metric("config_last_reload_successful", "gauge",
             "1 unless the last attempt to reload the configuration failed.");
  out.sample(reload_successful_ ? 1 : 0);
  return out.take();
}

}  // namespace nexus_mirror::daemon
