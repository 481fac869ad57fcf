// Logs of training runs: which may have grown since they were read, and their events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/session.h"
#include "store/tables.h"

namespace nexus_mirror::store {

struct RunLog {
  std::string run_id, log_id;
  std::optional<std::int64_t> run_update_date;  // UNIX ms
};

// All throw as Database does.
class RunLogs {
 public:
  RunLogs(Session& session, Tables& tables) : session_(session), tables_(tables) {}

  // Logs that may have grown since they were read: of runs that changed or are not finished.
  std::vector<RunLog> unread(const std::string& project_id);
  // Its events as they were read now; one that was not read as a `whole` stays unread. They are in
  // no change; the project's exports are marked.
  RowCounts put(const objects::RowBatch& rows, const RunLog& log, const std::string& project_id,
                bool whole);

 private:
  void note_read(const RunLog& log, const std::string& project_id);
  bool was_read(const RunLog& log, const std::string& project_id);

  Session& session_;
  Tables& tables_;
};

}  // namespace nexus_mirror::store
