// Rows of `syncs`: one for each sync, from its begin to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "objects/outcome.h"
#include "store/row_counts.h"
#include "store/session.h"

namespace nexus_mirror::store {

// What a sync came to.
struct SyncRecord {
  std::int64_t finished_at = 0;
  objects::Outcome result = objects::Outcome::failed;
  std::string error;  // empty when there is none
  std::int64_t requests = 0, bytes_received = 0;
  RowCounts rows;
};

class SyncLog {
 public:
  explicit SyncLog(Session& session) : session_(session) {}

  // Marks syncs that a kill left `running` as interrupted and adds a row for this one, whose
  // changes follow. Returns its id; 0 in a dry run.
  std::int64_t begin(std::int64_t now_ms, const std::string& mode);
  // Completes that row.
  void finish(const SyncRecord& record);
  // Drops the rows of syncs that began before `before` (UNIX ms), but this one and those from
  // `first_kept` on, whose changes are still here (nullopt = none are).
  void forget(std::int64_t before, std::optional<std::int64_t> first_kept);

  // When the last sync of mode full that ended ok began; nullopt = never.
  std::optional<std::int64_t> last_full();
  // The newest sync of all, for what is written without one; 0 = none yet.
  std::int64_t newest();

 private:
  Session& session_;
};

}  // namespace nexus_mirror::store
