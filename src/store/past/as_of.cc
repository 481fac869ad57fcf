#include "store/past/as_of.h"

#include "store/change_feed.h"

namespace nexus_mirror::store {
namespace {

// Changes that no sync found, jobs that were asked for between syncs, have their place by time:
// those behind the last change of the sync, or of one before it, count until it had ended.
std::int64_t end_of(Database& database, std::int64_t sync_id, std::int64_t ended) {
  const std::int64_t end = ChangeFeed(database).end_of_sync(sync_id);
  Statement later = database.prepare(
      "SELECT min(seq) FROM changes WHERE sync_id IS NULL AND at > ?2 AND seq <= ?3 AND seq > "
      "ifnull((SELECT max(seq) FROM changes WHERE sync_id = "
      "(SELECT max(sync_id) FROM changes WHERE sync_id <= ?1)), 0)");
  later.bind(1, sync_id).bind(2, ended).bind(3, end).step();
  return later.null(0) ? end : later.integer(0) - 1;
}

std::optional<AsOf> ended_sync(Database& database, Statement& select) {
  if (!select.step()) return std::nullopt;
  AsOf as_of{select.integer(0), select.integer(1), 0};
  as_of.seq = end_of(database, as_of.sync_id, as_of.ended);
  return as_of;
}

}  // namespace

std::optional<AsOf> as_of_moment(Database& database, std::int64_t ms) {
  Statement select = database.prepare(
      "SELECT id, finished_at FROM syncs WHERE finished_at <= ? ORDER BY id DESC LIMIT 1");
  select.bind(1, ms);
  return ended_sync(database, select);
}

std::optional<AsOf> as_of_newest(Database& database) {
  Statement select = database.prepare(
      "SELECT id, finished_at FROM syncs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1");
  return ended_sync(database, select);
}

std::optional<AsOf> as_of_sync(Database& database, std::int64_t sync_id) {
  Statement select = database.prepare(
      "SELECT id, finished_at FROM syncs WHERE id = ? AND finished_at IS NOT NULL");
  select.bind(1, sync_id);
  return ended_sync(database, select);
}

bool can_be_answered(Database& database, const AsOf& as_of) {
  return ChangeFeed(database).reaches_back_to(as_of.seq);
}

std::optional<AsOf> oldest_answer(Database& database) {
  Statement syncs = database.prepare(
      "SELECT id, finished_at FROM syncs WHERE finished_at IS NOT NULL ORDER BY id");
  while (const auto as_of = ended_sync(database, syncs)) {
    if (can_be_answered(database, *as_of)) return as_of;
  }
  return std::nullopt;
}

HistoryReach history_reach(Database& database) {
  constexpr std::int64_t kLooks = 2000;
  constexpr std::int64_t kBytesBeside = 80;  // numbers, ids and names of a row
  HistoryReach reach;
  reach.oldest = oldest_answer(database);
  const std::int64_t first = database.number("SELECT min(seq) FROM changes"),
                     last = database.number("SELECT max(seq) FROM changes");
  if (first == 0) return reach;
  reach.changes = last - first + 1;
  const std::int64_t step = (reach.changes + kLooks - 1) / kLooks;
  Statement row = database.prepare(
      "SELECT ifnull(length(before), 0) + ifnull(length(after), 0) FROM changes WHERE seq = ?");
  for (std::int64_t seq = first; seq <= last; seq += step) {
    const ResetGuard guard(row);
    if (row.bind(1, seq).step()) reach.bytes += (row.integer(0) + kBytesBeside) * step;
  }
  return reach;
}

}  // namespace nexus_mirror::store
