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
  transaction.commit();
}

void SyncLog::forget(std::int64_t before, std::optional<std::int64_t> first_kept) {
  if (session_.dry_run()) return;
  session_.statement("DELETE FROM syncs WHERE started_at < ? AND id < ?")
      .bind(1, before)
      .bind(2, std::min(session_.sync_id, first_kept.value_or(session_.sync_id)))
      .run();
}

std::optional<std::int64_t> SyncLog::last_full() {
  Statement& select =
      session_.statement("SELECT max(started_at) FROM syncs WHERE mode = 'full' AND result = 'ok'");
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
