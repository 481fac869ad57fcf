// What a sync or an export is doing and how far it is: what it tells its observer, as figures.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "nexus_mirror/env.h"
#include "sync/sync.h"

namespace nexus_mirror::cli {

// Rows of one project, or of all.
struct RowsProgress {
  std::int64_t done = 0;              // here, those of an earlier sync that was cut short too
  std::int64_t came = 0;              // by this one
  std::optional<std::int64_t> total;  // by the server's own count
  std::int64_t elapsed_ms = 0;        // since its first row
};

struct ProjectProgress {
  std::string id, name;
  RowsProgress rows;
  bool is_active = false;  // something came within the last seconds
};

// One moment of it. Times are milliseconds.
struct ProgressPicture {
  enum class Phase { starting, rows, files, exports } phase = Phase::starting;
  std::int64_t sync_id = 0;
  std::string mode;
  std::vector<ProjectProgress> under_way;   // active ones first, then the oldest
  std::optional<ProjectProgress> latest;    // whose rows came last
  std::int64_t projects = 0, finished = 0;  // known so far
  RowsProgress rows;                        // over all projects
  std::optional<sync::FilesProgress> files;
  std::int64_t files_ms = 0;  // since the first word of them
  std::optional<sync::ExportProgress> exports;
  std::int64_t exports_ms = 0;
  std::int64_t waits_ms = 0;  // so long nothing will come: a request is tried again then
  std::int64_t troubles = 0;
};

// Times are Env::monotonic_ms(). Any thread may call anything.
class SyncProgress : public sync::Observer {
 public:
  explicit SyncProgress(Env& env) : env_(env) {}

  void began(std::int64_t sync_id, const std::string& mode) override;
  void projects_expected(const std::vector<sync::ExpectedProject>& projects) override;
  void project_rows(const std::string& id, const std::string& name, std::int64_t done,
                    std::optional<std::int64_t> total) override;
  void project_resumed(const std::string& id, const std::string& name, std::int64_t rows) override;
  void project_finished(const std::string& id) override;
  void trouble(const std::string& project, const std::string& message) override;
  void files_fetched(const sync::FilesProgress& progress) override;
  void exporting(const sync::ExportProgress& progress) override;
  void exchanged(const Exchange& exchange) override;
  void waiting(const std::string& workspace, std::chrono::milliseconds at_most) override;

  ProgressPicture picture() const;

 private:
  struct Told {
    std::string name;
    std::int64_t before = 0, done = 0;  // rows: of an earlier sync, and with those of this one
    std::optional<std::int64_t> total;
    std::optional<std::int64_t> began_ms, moved_ms;
    std::int64_t place = 0;  // among those that began
    bool finished = false;
  };

  Told& begun(const std::string& id, const std::string& name);
  void leave_rows();
  static RowsProgress rows_of(const Told& project, std::int64_t now_ms);

  Env& env_;
  mutable std::mutex mutex_;  // guards everything below
  std::int64_t sync_id_ = 0;
  std::string mode_;
  std::map<std::string, Told> projects_;  // by id
  std::string latest_;
  std::int64_t begun_ = 0, finished_ = 0, troubles_ = 0;
  std::optional<std::int64_t> rows_ms_, files_ms_, exports_ms_;  // when the first word came
  std::optional<std::int64_t> rows_over_ms_;
  std::optional<sync::FilesProgress> files_;
  std::optional<sync::ExportProgress> exports_;
  ProgressPicture::Phase phase_ = ProgressPicture::Phase::starting;
  std::int64_t waits_until_ms_ = 0;
};

// What is left at the pace so far, whole seconds; nullopt while nobody can tell.
std::optional<std::int64_t> seconds_left(std::int64_t came, std::int64_t left,
                                         std::int64_t elapsed_ms);
// A second; 0 while there is nothing to tell from.
std::int64_t rate(std::int64_t came, std::int64_t elapsed_ms);
// Of the phase, over all projects.
std::optional<std::int64_t> seconds_left(const ProgressPicture& picture);

}  // namespace nexus_mirror::cli
