#include "store/sync_log.h"

#include <algorithm>

namespace nexus_mirror::store {

std::int64_t SyncLog::begin(std::int64_t now_ms, const std::string& mode) {
  session_.now_ms = now_ms;
  if (session_.dry_run()) return 0;
  Session::Transaction transaction(session_);
  session_.statement("UPDATE syncs SET result = 'interrupted' WHERE result = 'running'").run();
  session_
      .statement(
          "INSERT INTO syncs(started_at, mode, result, requests, bytes_received, rows_inserted, "
          "rows_updated, rows_deleted) VALUES(?, ?, 'running', 0, 0, 0, 0, 0)")
      .bind(1, now_ms)
      .bind(2, std::string_view(mode))
      .run();
  session_.sync_id = session_.database().last_rowid();
  transaction.commit();
  return session_.sync_id;
}

void SyncLog::finish(const SyncRecord& record) {
  if (session_.dry_run()) return;
  Session::Transaction transaction(session_);
  Statement& update = session_.statement(
      "UPDATE syncs SET finished_at = ?, result = ?, requests = ?, bytes_received = ?, "
      "rows_inserted = ?, rows_updated = ?, rows_deleted = ?, error = nullif(?, '') WHERE id = ?");
  update.bind(1, record.finished_at).bind(2, name_of(record.result));
  update.bind(3, record.requests).bind(4, record.bytes_received);
  update.bind(5, record.rows.inserted).bind(6, record.rows.updated).bind(7, record.rows.deleted);
  update.bind(8, std::string_view(record.error)).bind(9, session_.sync_id).run();
  if (!record.whole) {
    session_.statement("INSERT OR IGNORE INTO narrow_syncs(sync_id, asked_for) VALUES(?, ?)")
        .bind(1, session_.sync_id)
        .bind(2, std::int64_t{record.asked_for})
        .run();
  }
  if (record.only_files) {
    session_.statement("INSERT OR IGNORE INTO file_troubles(sync_id) VALUES(?)")
        .bind(1, session_.sync_id)
        .run();
  }
  transaction.commit();
}

Outlived SyncLog::outlived(std::int64_t now, std::int64_t history) {
  Outlived outlived;
  Statement& oldest = session_.statement("SELECT started_at FROM syncs ORDER BY id LIMIT 1");
  {
    ResetGuard guard(oldest);
    // Mostly there is nothing to walk back to.
    if (!oldest.step()) return outlived;
    const std::int64_t began = oldest.integer(0);
    if (began <= now && began >= now - history) return outlived;
  }
  constexpr int kFew = 10;
  const std::int64_t most = std::max<std::int64_t>(history / 10, 1);
  std::int64_t age = 0, later = now;
  int behind = 0;  // syncs
  Statement& select = session_.statement("SELECT id, started_at FROM syncs ORDER BY id DESC");
  ResetGuard guard(select);
  const auto note = [&](std::int64_t& last, bool older) {
    if (!older) last = 0;  // what lies behind it stays as well, for it goes in one piece
    if (older && last == 0) last = select.integer(0);
  };
  while (select.step()) {
    const std::int64_t step = later - select.integer(1);
    if (step <= most || behind >= kFew) age += std::clamp(step, -most, most);
    ++behind;
    later = select.integer(1);
    note(outlived.once, age > history);
    note(outlived.twice, age > 2 * history);
  }
  return outlived;
}

std::int64_t moment_outlived(Database& database, std::int64_t now, std::int64_t ms) {
  if (ms <= 0) return now;
  const std::int64_t most = std::max<std::int64_t>(ms / 10, 1);
  std::int64_t age = 0, later = now;
  Statement select = database.prepare("SELECT started_at FROM syncs ORDER BY id DESC");
  while (select.step()) {
    const std::int64_t began = select.integer(0), step = later - began;
    if (step >= 0 && age + std::min(step, most) >= ms) {
      return step <= most ? later - (ms - age) : began;
    }
    age += std::clamp(step, -most, most);
    later = began;
  }
  return later - (ms - age);
}

void SyncLog::forget(std::int64_t last, std::optional<std::int64_t> first_kept) {
  if (session_.dry_run()) return;
  const std::int64_t kept =
      std::min({last + 1, session_.sync_id, first_kept.value_or(session_.sync_id)});
  session_.statement("DELETE FROM syncs WHERE id < ?").bind(1, kept).run();
  session_.statement("DELETE FROM narrow_syncs WHERE sync_id < ?").bind(1, kept).run();
  session_.statement("DELETE FROM file_troubles WHERE sync_id < ?").bind(1, kept).run();
}

std::optional<std::int64_t> SyncLog::newest_moment() {
  Statement& select = session_.statement(
      "SELECT max(started_at, ifnull(finished_at, started_at)) FROM syncs ORDER BY id DESC LIMIT "
      "1");
  ResetGuard guard(select);
  return select.step() ? select.optional_integer(0) : std::nullopt;
}

std::int64_t SyncLog::newest() {
  Statement& select = session_.statement("SELECT ifnull(max(id), 0) FROM syncs");
  ResetGuard guard(select);
  select.step();
  return select.integer(0);
}

}  // namespace nexus_mirror::store
