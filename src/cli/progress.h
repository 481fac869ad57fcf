// The progress lines of a sync on a terminal.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"

namespace nexus_mirror::cli {

// A line per project under way (name, rows, share, rows/s, time left), one for the files that are
// fetched behind them (files, share, bytes, bytes/s, time left over all) and one for all projects,
// redrawn in place at most ten times a second, never wider or higher than the terminal. Where
// there is no terminal nothing is ever drawn. It has no clock: `now_ms` is Env::monotonic_ms().
// An output that cannot be written ends the drawing, not the sync. Any thread may call anything.
class ProgressDisplay {
 public:
  // `fd` stays the caller's. `projects` is how many there will be, 0 = not known.
  ProgressDisplay(int fd, Terminal terminal, std::size_t projects);
  ~ProgressDisplay();  // as finish()
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  // Project `id` has `done` rows; `total` is the server's own count, where it says. Its first
  // call starts its clock: rows that were there already (a resumed sync) do not count as speed.
  void update(const std::string& id, const std::string& name, std::int64_t done,
              std::optional<std::int64_t> total, std::int64_t now_ms);

  // Project `id` is through, however it ended.
  void finish_project(const std::string& id, std::int64_t now_ms);

  // So many files of `total` are through; `bytes` came, of `total_bytes` as far as the server says.
  void update_files(std::int64_t done, std::int64_t total, std::int64_t bytes,
                    std::int64_t total_bytes, std::int64_t now_ms);

  // Takes the lines away, to print something else; the next update draws them anew.
  void clear();

  // clear(), and nothing is drawn any more.
  void finish();

 private:
  struct ProjectLine {
    std::string name;
    std::int64_t first_done = 0, done = 0;
    std::optional<std::int64_t> total;
    std::int64_t started_ms = 0;
  };

  struct FilesLine {
    std::int64_t done = 0, total = 0, bytes = 0, total_bytes = 0, started_ms = 0;
  };

  void draw(std::int64_t now_ms);
  void erase();
  std::string project_line(const ProjectLine& project, std::int64_t now_ms) const;
  std::string files_line(const FilesLine& files, std::int64_t now_ms) const;
  std::string summary_line(std::int64_t now_ms) const;

  std::mutex mutex_;  // guards everything below
  Output output_;
  bool drawing_;
  std::size_t projects_;
  std::vector<std::string> order_;                // ids of those under way, oldest first
  std::map<std::string, ProjectLine> under_way_;  // by id
  std::optional<FilesLine> files_;
  std::size_t finished_ = 0;
  std::int64_t finished_rows_ = 0;  // received in this sync, of finished projects
  std::optional<std::int64_t> started_ms_, drawn_ms_;
  std::size_t lines_ = 0;  // on the screen now
};

}  // namespace nexus_mirror::cli
