#include "store/store.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <algorithm>

#include "nexus_mirror/error.h"
#include "store/open_database.h"
#include "store/transaction.h"

namespace nexus_mirror::store {

using objects::RowBatch;
using objects::Table;

namespace {

// Neighbouring pages touch the same parts of the indexes: together they write them once.
constexpr int kPagesTogether = 4;

}  // namespace

Store::Store(const std::filesystem::path& database, unsigned mode, Access access)
    : access_(access),
      path_(database.string()),
      database_(access == Access::write ? open_for_writing(database, mode)
                                        : open_for_comparing(database)) {
  changes_ = std::make_unique<ChangeLog>(database_->getHandle());
}

Store::~Store() { flush(); }

Statement& Store::statement(const char* sql) {
  if (broken_) throw *broken_;
  Statement& statement = statements_[sql];
  if (!statement) statement = Statement(database_->getHandle(), sql);
  return statement;
}

TableWriter& Store::writer(const Table& table) {
  auto& writer = writers_[&table];
  if (!writer) writer = std::make_unique<TableWriter>(database_->getHandle(), table);
  return *writer;
}

Store::Transaction::Transaction(Store& store) : store_(store), outer_(!store.in_transaction_) {
  if (!outer_) return;
  if (store_.waiting_pages_ == 0) {
    store_.statement("BEGIN IMMEDIATE").run();
    store_.noted_table_ = nullptr;
  }
  store_.in_transaction_ = true;
}

void Store::Transaction::commit() {
  if (outer_) {
    store_.statement("COMMIT").run();
    store_.waiting_pages_ = 0;
    store_.in_transaction_ = false;
  }
  committed_ = true;
}

void Store::Transaction::commit_with_next_page() {
  if (!outer_ || store_.waiting_pages_ + 1 >= kPagesTogether) return commit();
  ++store_.waiting_pages_;
  store_.in_transaction_ = false;
  committed_ = true;
}

Store::Transaction::~Transaction() {
  if (!outer_ || committed_) return;
  store_.in_transaction_ = false;
  if (store_.waiting_pages_ > 0) {
    store_.broken_.emplace(ErrorCode::mirror, "writing", "mirror " + store_.path_,
                           "a page could not be written, and those before it were undone with it",
                           "the next sync goes on from the last committed page");
  }
  store_.waiting_pages_ = 0;
  // SQLite has rolled back by itself after a full disk; a second ROLLBACK would only complain.
  if (sqlite3_get_autocommit(store_.database_->getHandle()) == 0) {
    sqlite3_exec(store_.database_->getHandle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Store::flush() noexcept {
  if (waiting_pages_ == 0 || in_transaction_) return;
  try {
    Transaction transaction(*this);
    transaction.commit();
  } catch (const Error& error) {
    broken_ = error;
  }
}

void Store::commit_pages() {
  flush();
  if (broken_) throw *broken_;
}

std::int64_t Store::begin_sync(std::int64_t now_ms, const std::string& mode,
                               std::int64_t renew_before) {
  now_ms_ = now_ms;
  renew_before_ = renew_before;
  if (access_ == Access::dry_run) return 0;
  Transaction transaction(*this);
  statement("UPDATE syncs SET result = 'interrupted' WHERE result = 'running'").run();
  Statement& insert = statement(
      "INSERT INTO syncs(started_at, mode, result, requests, bytes_received, rows_inserted, "
      "rows_updated, rows_deleted) VALUES(?, ?, 'running', 0, 0, 0, 0, 0)");
  insert.bind(1, now_ms).bind(2, mode).run();
  sync_id_ = sqlite3_last_insert_rowid(database_->getHandle());
  transaction.commit();
  return sync_id_;
}

void Store::finish_sync(const SyncRecord& record, std::int64_t forget_before) {
  if (access_ == Access::dry_run) return;
  broken_.reset();  // the sync has failed by now; its record is still to be written
  Transaction transaction(*this);
  Statement& update = statement(
      "UPDATE syncs SET finished_at = ?, result = ?, requests = ?, bytes_received = ?, "
      "rows_inserted = ?, rows_updated = ?, rows_deleted = ?, error = ? WHERE id = ?");
  update.bind(1, record.finished_at).bind(2, std::string_view(record.result));
  update.bind(3, record.requests).bind(4, record.bytes_received);
  update.bind(5, record.rows.inserted).bind(6, record.rows.updated).bind(7, record.rows.deleted);
  record.error.empty() ? update.bind_null(8) : update.bind(8, std::string_view(record.error));
  update.bind(9, sync_id_).run();
  if (forget_before > 0) {
    statement("DELETE FROM changes WHERE at < ?").bind(1, forget_before).run();
    statement("DELETE FROM syncs WHERE started_at < ? AND id <> ?")
        .bind(1, forget_before)
        .bind(2, sync_id_)
        .run();
  }
  transaction.commit();
  // Best effort: a reader in the middle of something only delays it.
  sqlite3_wal_checkpoint_v2(database_->getHandle(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

std::optional<std::int64_t> Store::last_full_sync() {
  Statement& select =
      statement("SELECT max(started_at) FROM syncs WHERE mode = 'full' AND result = 'ok'");
  ResetGuard guard(select);
  if (!select.step() || select.null(0)) return std::nullopt;
  return select.integer(0);
}

// Compares with what is there; `differs` tells whether anything has to be written.
RowCounts Store::compare_rows(const RowBatch& rows, Listing* listing, bool& differs) {
  RowCounts counts;
  TableWriter& table = writer(rows.table());
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t rowid = table.find(rows, i);
    if (rowid == 0) {
      ++counts.inserted;
      continue;
    }
    if (listing != nullptr) listing->seen.mark(rowid);
    const Difference difference = table.compare(rows, i, renew_before_, changed);
    if (difference == Difference::update) ++counts.updated;
    if (difference != Difference::none) differs = true;
  }
  differs = differs || counts.inserted > 0;
  return counts;
}

void Store::write_row(const RowBatch& rows, std::size_t index, Listing* listing, bool tracked,
                      RowCounts& counts) {
  TableWriter& table = writer(rows.table());
  std::int64_t rowid = table.insert(rows, index);
  if (rowid != 0) {
    ++counts.inserted;
    note_export_change(rows, index);
    if (tracked) changes_->inserted(sync_id_, now_ms_, rows, index);
    if (tracked) note_pending(rows, index, nullptr);
  } else {
    rowid = table.find(rows, index);
    std::vector<std::size_t> changed;
    const Difference difference = table.compare(rows, index, renew_before_, changed);
    if (difference == Difference::update) {
      ++counts.updated;
      note_export_change(rows, index);
      if (&rows.table() != &objects::run_logs) {
        changes_->updated(sync_id_, now_ms_, table.current(), rows, index, changed);
      }
      note_pending(rows, index, &changed);
      table.update(rows, index, rowid, true, changed);
    } else if (difference == Difference::renew_link) {
      table.update(rows, index, rowid, false, changed);
    }
  }
  if (listing != nullptr) listing->seen.mark(rowid);
}

RowCounts Store::write_rows(const RowBatch& rows, Listing* listing) {
  RowCounts counts;
  const bool tracked =
      &rows.table() != &objects::run_logs && (listing == nullptr || listing->loaded);
  for (std::size_t i = 0; i < rows.size(); ++i) write_row(rows, i, listing, tracked, counts);
  return counts;
}

RowCounts Store::put(const RowBatch& rows) {
  bool differs = false;
  const RowCounts counts = compare_rows(rows, nullptr, differs);
  if (!differs || access_ == Access::dry_run) return counts;
  Transaction transaction(*this);
  const RowCounts written = write_rows(rows, nullptr);
  transaction.commit();
  return written;
}

RowCounts Store::renew_links(const RowBatch& models) {
  static const int method = objects::models.column("download_method");
  Statement& update = statement(
      "UPDATE models SET download_method = ?, download_url = ?, download_expiry = ? "
      "WHERE id = ? AND status IS ? AND ? IS NOT NULL");
  static const int status = objects::models.column("status");
  RowCounts counts;
  Transaction transaction(*this);
  for (std::size_t i = 0; i < models.size(); ++i) {
    const objects::Cell* row = models.row(i);
    update.bind(1, row[method]).bind(2, row[method + 1]).bind(3, row[method + 2]);
    update.bind(4, row[0]).bind(5, row[status]).bind(6, row[method + 1]).run();
    counts.updated += sqlite3_changes(database_->getHandle());
  }
  transaction.commit();
  return counts;
}

bool Store::has_project(const std::string& project_id) {
  Statement& select = statement("SELECT 1 FROM projects WHERE id = ?");
  ResetGuard guard(select);
  return select.bind(1, std::string_view(project_id)).step();
}

std::vector<KnownProject> Store::live_projects(const std::string& workspace_id) {
  Statement& select = statement(
      "SELECT id, name FROM projects WHERE workspace_id = ? AND removed_at IS NULL ORDER BY id");
  ResetGuard guard(select);
  select.bind(1, std::string_view(workspace_id));
  std::vector<KnownProject> projects;
  while (select.step()) {
    projects.push_back({std::string(select.text(0)), std::string(select.text(1))});
  }
  return projects;
}

std::set<std::string, std::less<>> Store::project_ids() {
  Statement& select = statement("SELECT id FROM projects");
  ResetGuard guard(select);
  std::set<std::string, std::less<>> ids;
  while (select.step()) ids.emplace(select.text(0));
  return ids;
}

void Store::mark_removed(const std::string& project_id) {
  if (access_ == Access::dry_run) return;
  static const auto column = static_cast<std::size_t>(objects::projects.column("removed_at"));
  RowBatch key(objects::projects);
  key.add_row();
  key.last(0) = key.text(project_id);
  Transaction transaction(*this);
  if (writer(objects::projects).find(key, 0) == 0) return;
  key.last(column) = objects::Cell::of(now_ms_);
  note_export_change(key, 0);
  changes_->updated(sync_id_, now_ms_, writer(objects::projects).current(), key, 0, {column});
  statement("UPDATE projects SET removed_at = ? WHERE id = ?")
      .bind(1, now_ms_)
      .bind(2, std::string_view(project_id))
      .run();
  transaction.commit();
}

std::vector<Store::RunLog> Store::unread_logs(const std::string& project_id) {
  Statement& select = statement(
      "SELECT r.id, l.value, r.update_date FROM runs r, json_each(r.log_ids) l "
      "LEFT JOIN run_log_reads d ON d.log_id = l.value "
      "WHERE r.project_id = ? AND r.log_ids IS NOT NULL AND l.type = 'text' "
      "AND NOT (d.log_id IS NOT NULL AND d.run_update_date IS r.update_date "
      "AND r.update_date IS NOT NULL "
      "AND r.status_overview IN ('Finished', 'Errored', 'Cancelled')) ORDER BY r.id, l.key");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<RunLog> logs;
  while (select.step()) {
    RunLog log{std::string(select.text(0)), std::string(select.text(1)), std::nullopt};
    if (!select.null(2)) log.run_update_date = select.integer(2);
    logs.push_back(std::move(log));
  }
  return logs;
}

RowCounts Store::put_log(const RowBatch& rows, const RunLog& log, const std::string& project_id) {
  bool differs = false;
  RowCounts counts = compare_rows(rows, nullptr, differs);
  if (access_ == Access::dry_run) return counts;
  Statement& read = statement(
      "SELECT 1 FROM run_log_reads WHERE log_id = ? AND run_id = ? AND run_update_date IS ?");
  read.bind(1, std::string_view(log.log_id)).bind(2, std::string_view(log.run_id));
  log.run_update_date ? read.bind(3, *log.run_update_date) : read.bind_null(3);
  {
    ResetGuard guard(read);
    if (read.step() && !differs) return counts;
  }
  Transaction transaction(*this);
  counts = write_rows(rows, nullptr);
  Statement& note = statement(
      "INSERT INTO run_log_reads(log_id, project_id, run_id, run_update_date) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET run_update_date = excluded.run_update_date, "
      "run_id = excluded.run_id");
  note.bind(1, std::string_view(log.log_id)).bind(2, std::string_view(project_id));
  note.bind(3, std::string_view(log.run_id));
  log.run_update_date ? note.bind(4, *log.run_update_date) : note.bind_null(4);
  note.run();
  transaction.commit();
  return counts;
}

std::int64_t Store::newest_sync() {
  Statement& select = statement("SELECT ifnull(max(id), 0) FROM syncs");
  ResetGuard guard(select);
  select.step();
  return select.integer(0);
}

std::vector<std::string> Store::open_operations(const std::string& project_id) {
  Statement& select = statement(
      "SELECT id FROM operations WHERE project_id = ? AND ifnull(status_overview, '') NOT IN "
      "('Finished', 'Cancelled', 'Errored') ORDER BY id");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<std::string> ids;
  while (select.step()) ids.emplace_back(select.text(0));
  return ids;
}

}  // namespace nexus_mirror::store
