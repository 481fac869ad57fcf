// A sync as JSON lines for a program that shows it (CONTRACT.md 1, `--progress json`).
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "cli/output.h"
#include "cli/sync_progress.h"
#include "nexus_mirror/error.h"
#include "sync/sync.h"

namespace nexus_mirror::cli {

// Each call writes one line, whole. A reader that has gone, or that has taken nothing for seconds,
// ends the lines, and nothing else. Any thread may call anything.
class ProgressEvents {
 public:
  explicit ProgressEvents(int fd);  // which stays the caller's

  // {"event":"start","sync_id","mode","projects"}; null what is not known.
  void start(const ProgressPicture& picture);
  // {"event":"progress","phase","project_id","project","rows","total","rows_per_s","files",
  // "files_total","bytes","bytes_total","bytes_per_s","eta_s","whole":{"rows","total","projects",
  // "finished"}}; phase is starting, sync, files, exports, renaming or placing.
  void progress(const ProgressPicture& picture);
  // {"event":"error","project","message"}; null where it is of no project.
  void error(std::string_view project, std::string_view message);
  // {"event":"end","result","exit","rows","files","exports","inserted","updated","deleted"}: rows
  // that changed, files fetched, export files written.
  void end(const sync::SyncResult& result);

 private:
  void put(const std::string& line);

  const int fd_;
  std::mutex mutex_;  // guards what follows
  Output output_;
  bool open_ = true;
};

}  // namespace nexus_mirror::cli
