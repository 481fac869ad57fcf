#include "cli/sync_progress.h"

#include <algorithm>

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kActiveMs = 3'000;

using Phase = ProgressPicture::Phase;

}  // namespace

void SyncProgress::began(std::int64_t sync_id, const std::string& mode) {
  const std::lock_guard lock(mutex_);
  sync_id_ = sync_id;
  mode_ = mode;
}

void SyncProgress::projects_expected(const std::vector<sync::ExpectedProject>& projects) {
  const std::lock_guard lock(mutex_);
  for (const sync::ExpectedProject& each : projects) {
    Told& project = projects_[each.id];
    project.name = each.name;
    project.total = each.total;
  }
}

SyncProgress::Told& SyncProgress::begun(const std::string& id, const std::string& name) {
  const std::int64_t now = env_.monotonic_ms();
  if (!rows_ms_) rows_ms_ = now;
  phase_ = Phase::rows;
  Told& project = projects_[id];
  project.name = name;
  project.moved_ms = now;
  latest_ = id;
  if (project.began_ms) return project;
  project.began_ms = now;
  project.place = begun_++;
  return project;
}

void SyncProgress::project_rows(const std::string& id, const std::string& name, std::int64_t done,
                                std::optional<std::int64_t> total) {
  const std::lock_guard lock(mutex_);
  Told& project = begun(id, name);
  project.done = std::max(done, project.before);
  project.total = total;
}

void SyncProgress::project_resumed(const std::string& id, const std::string& name,
                                   std::int64_t rows) {
  const std::lock_guard lock(mutex_);
  Told& project = projects_[id];
  project.name = name;
  project.before = project.done = rows;
}

void SyncProgress::project_finished(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Told& project = projects_[id];
  if (project.finished) return;
  project.finished = true;
  ++finished_;
}

void SyncProgress::trouble(const std::string& /*project*/, const std::string& /*message*/) {
  const std::lock_guard lock(mutex_);
  ++troubles_;
}

// Their pace is that of the time in which they came.
void SyncProgress::leave_rows() {
  if (!rows_over_ms_) rows_over_ms_ = env_.monotonic_ms();
}

void SyncProgress::files_fetched(const sync::FilesProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (!files_ms_) files_ms_ = env_.monotonic_ms();
  leave_rows();
  phase_ = Phase::files;
  files_ = progress;
}

void SyncProgress::exporting(const sync::ExportProgress& progress) {
  const std::lock_guard lock(mutex_);
  if (!exports_ms_) exports_ms_ = env_.monotonic_ms();
  leave_rows();
  phase_ = Phase::exports;
  exports_ = progress;
}

void SyncProgress::exchanged(const Exchange& /*exchange*/) {
  const std::lock_guard lock(mutex_);
  waits_until_ms_ = 0;
}

void SyncProgress::waiting(const std::string& workspace, std::chrono::milliseconds at_most) {
  if (workspace.empty()) return;  // for nothing that a server does
  const std::lock_guard lock(mutex_);
  waits_until_ms_ = env_.monotonic_ms() + at_most.count();
}

RowsProgress SyncProgress::rows_of(const Told& project, std::int64_t now_ms) {
  return {project.done, project.done - project.before, project.total,
          project.began_ms ? now_ms - *project.began_ms : 0};
}

ProgressPicture SyncProgress::picture() const {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = env_.monotonic_ms();
  const auto since = [&](const std::optional<std::int64_t>& moment) {
    return moment ? now - *moment : 0;
  };
  ProgressPicture picture;
  picture.phase = phase_;
  picture.sync_id = sync_id_;
  picture.mode = mode_;
  picture.projects = std::ssize(projects_);
  picture.finished = finished_;
  std::vector<std::pair<std::int64_t, ProjectProgress>> under_way;
  std::int64_t total = 0;
  for (const auto& [id, project] : projects_) {
    const ProjectProgress shown{id, project.name, rows_of(project, now),
                                project.moved_ms && now - *project.moved_ms < kActiveMs};
    picture.rows.done += project.done;
    picture.rows.came += shown.rows.came;
    // What is through is through, whatever the server counted.
    total += project.finished ? project.done : std::max(project.total.value_or(0), project.done);
    if (id == latest_) picture.latest = shown;
    if (project.began_ms && !project.finished) under_way.emplace_back(project.place, shown);
  }
  if (total > 0) picture.rows.total = total;
  if (rows_ms_) picture.rows.elapsed_ms = rows_over_ms_.value_or(now) - *rows_ms_;
  std::sort(under_way.begin(), under_way.end(), [](const auto& a, const auto& b) {
    if (a.second.is_active != b.second.is_active) return a.second.is_active;
    return a.first < b.first;
  });
  for (auto& [place, project] : under_way) picture.under_way.push_back(std::move(project));
  picture.files = files_;
  picture.files_ms = since(files_ms_);
  picture.exports = exports_;
  picture.exports_ms = since(exports_ms_);
  picture.waits_ms = std::max<std::int64_t>(waits_until_ms_ - now, 0);
  picture.troubles = troubles_;
  return picture;
}

std::int64_t rate(std::int64_t came, std::int64_t elapsed_ms) {
  return came <= 0 || elapsed_ms <= 0 ? 0 : came * 1000 / elapsed_ms;
}

std::optional<std::int64_t> seconds_left(std::int64_t came, std::int64_t left,
                                         std::int64_t elapsed_ms) {
  if (left <= 0) return 0;
  if (came <= 0 || elapsed_ms <= 0) return std::nullopt;
  const double seconds = static_cast<double>(left) * static_cast<double>(elapsed_ms) /
                         static_cast<double>(came) / 1000;
  constexpr double kLongest = 1e9;  // some thirty years: nobody can tell
  if (seconds > kLongest) return std::nullopt;
  return static_cast<std::int64_t>(seconds) + (seconds > static_cast<std::int64_t>(seconds));
}

std::optional<std::int64_t> seconds_left(const ProgressPicture& picture) {
  switch (picture.phase) {
    case Phase::starting:
      return std::nullopt;
    case Phase::rows:
      if (!picture.rows.total) return std::nullopt;
      return seconds_left(picture.rows.came, *picture.rows.total - picture.rows.done,
                          picture.rows.elapsed_ms);
    case Phase::files: {
      // By bytes where the server says how many come, for files are of all sizes.
      const sync::FilesProgress& files = *picture.files;
      const bool by_bytes = files.total_bytes > files.bytes && files.bytes > 0;
      return by_bytes ? seconds_left(files.bytes, files.total_bytes - files.bytes, picture.files_ms)
                      : seconds_left(files.files, files.total - files.files, picture.files_ms);
    }
    case Phase::exports:
      return seconds_left(picture.exports->images_done,
                          picture.exports->images_all - picture.exports->images_done,
                          picture.exports_ms);
  }
  return std::nullopt;
}

}  // namespace nexus_mirror::cli
