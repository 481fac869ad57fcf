// Rows of `syncs`: one for each sync, from its begin to its end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "objects/outcome.h"
#include "store/mirror_state.h"
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
  // Everything that the configuration names was looked at. What was not, a success leaves as old
  // as it was: such a sync is no success of the mirror.
  bool whole = true;
  // It is partial for files that could not be fetched, and a success of the mirror all the same.
  bool only_files = false;
  // Somebody asked for some projects alone: if it was not whole, it was no full pass either.
  bool asked_for = false;
};

// Ids of the last syncs that lie further back than the history, and than twice of it; 0 = none
// does. Whatever is older than they are does so, too.
struct Outlived {
  std::int64_t once = 0, twice = 0;
};

// What was noted at this moment (UNIX ms) or before has outlived `ms` at `now`. The way back goes
// from sync to sync as in SyncLog::outlived(), each step counting for a tenth of `ms` at most; what
// lies before the first sync that is known counts as the clock says. Throws as Database does.
std::int64_t moment_outlived(Database& database, std::int64_t now, std::int64_t ms);

class SyncLog {
 public:
  explicit SyncLog(Session& session) : session_(session) {}

  // Marks syncs that a kill left `running` as interrupted and adds a row for this one, whose
  // changes follow. Returns its id; 0 in a dry run.
  std::int64_t begin(std::int64_t now_ms, const std::string& mode);
  // Completes that row.
  void finish(const SyncRecord& record);
  // What has outlived `history` (ms) at `now` (UNIX ms). The way back in time goes from sync to
  // sync, and each step, forward or back, counts for a tenth of the history at most; one forward
  // that is longer counts for nothing as long as fewer than ten syncs came after it. So a clock
  // that leaps there and back takes nothing along, one that goes on from there a tenth of the
  // history, and what a machine had when it was switched off for a year it keeps for a while.
  Outlived outlived(std::int64_t now, std::int64_t history);
  std::int64_t moment_outlived(std::int64_t now, std::int64_t ms) {
    return store::moment_outlived(session_.database(), now, ms);
  }
  // Drops the rows of syncs up to `last`, but this one and those from `first_kept` on, whose
  // changes are still here (nullopt = none are).
  void forget(std::int64_t last, std::optional<std::int64_t> first_kept);

  // Begin of the last full pass (last_full_success()); nullopt = never.
  std::optional<std::int64_t> last_full() { return last_full_success(session_.database()); }
  // Of the newest sync: when it began or ended, the later of them. Nullopt = there is none.
  std::optional<std::int64_t> newest_moment();
  // The newest sync of all, for what is written without one; 0 = none yet.
  std::int64_t newest();

 private:
  Session& session_;
};

}  // namespace nexus_mirror::store
