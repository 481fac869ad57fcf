// Confusion matrices of runs, and which have been asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/tables.h"

namespace nexus_mirror::store {

struct MatrixOfRun {
  std::string run_id;
  std::optional<std::int64_t> run_update_date;  // UNIX ms
};

// All throw as Database does.
class RunMatrices {
 public:
  RunMatrices(Session& session, Tables& tables) : session_(session), tables_(tables) {}

  // Runs whose matrix may be another one than it was: that changed or are not finished. One that is
  // still being created has none.
  std::vector<MatrixOfRun> unread(const std::string& project_id);

  // `rows` holds the run's matrix as it was read now, or nothing where it has none. It is in no
  // change; where it is another one, the project's exports are marked.
  RowCounts put(const objects::RowBatch& rows, const MatrixOfRun& run,
                const std::string& project_id);

 private:
  bool was_read(const MatrixOfRun& run, const std::string& project_id);
  bool has(const MatrixOfRun& run, const std::string& project_id);

  Session& session_;
  Tables& tables_;
};

}  // namespace nexus_mirror::store
