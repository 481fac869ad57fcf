// The mirror as the sync writes it. Every method belongs to one thread, the writer's; all throw
// Error(mirror) when SQLite refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nexus_mirror/error.h"
#include "objects/row_batch.h"
#include "store/change_log.h"
#include "store/seen_rows.h"
#include "store/table_writer.h"

namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

struct RowCounts {
  std::int64_t inserted = 0, updated = 0, deleted = 0;

  RowCounts& operator+=(const RowCounts& other) {
    inserted += other.inserted;
    updated += other.updated;
    deleted += other.deleted;
    return *this;
  }
};

// One listing of a project's rows of one kind, from its first page to the deletion of what it did
// not meet. Made by Store::open_listing and changed by the store only.
struct Listing {
  std::string project_id;
  const objects::Table* table = nullptr;
  std::vector<std::string> asset_ids;  // not empty: only annotations of these assets
  bool loaded = false;                 // a complete listing was taken in before
  bool done = false;                   // complete in a pass that was cut short later
  std::string cursor;                  // of the next page; empty = the first
  std::int64_t inserted = 0;           // rows that this listing added
  std::int64_t layout = 0;             // PRAGMA schema_version when it began
  int unsaved_pages = 0;
  SeenRows seen;
};

// Rows of the mirror that a complete listing did not hold.
struct Missing {
  struct Row {
    std::int64_t rowid;
    std::string id;
  };
  std::int64_t count = 0;
  std::int64_t before = 0;  // rows that the mirror had when the listing began
  std::vector<Row> sample;  // all of them, or a random choice
};

struct SyncRecord {
  std::int64_t id = 0, finished_at = 0;
  std::string result, error;
  std::int64_t requests = 0, bytes_received = 0;
  RowCounts rows;
};

struct KnownProject {
  std::string id, name;
};

class Store {
 public:
  enum class Access { write, dry_run };  // dry_run compares and counts, and writes nothing

  // Opens or creates the mirror; `mode` are the permission bits of its files. With dry_run a
  // mirror that does not exist is taken as empty.
  Store(const std::filesystem::path& database, unsigned mode, Access access);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Marks syncs that a kill left `running` as interrupted and adds a row for this one.
  // Links that die before `renew_before` (UNIX ms) are renewed by what follows.
  std::int64_t begin_sync(std::int64_t now_ms, const std::string& mode, std::int64_t renew_before);
  // Completes that row, drops changes and syncs from before `forget_before`, shrinks the WAL.
  void finish_sync(const SyncRecord& record, std::int64_t forget_before);
  // When the last sync of mode full that ended ok began; nullopt = never.
  std::optional<std::int64_t> last_full_sync();

  // Pages are committed together while more of them wait (at most 4, each with its cursor, so that
  // a reader sees whole pages). The writer calls this when nothing waits; what goes wrong is thrown
  // by the next call of any other method.
  void flush() noexcept;
  void commit_pages();  // the same, and throws at once

  void set_now(std::int64_t now_ms) { now_ms_ = now_ms; }  // of changes and checkpoints

  void renew_links_before(std::int64_t when_ms) { renew_before_ = when_ms; }
  // Gives models that the mirror has the links of `models`; other columns wait for a sync.
  RowCounts renew_links(const objects::RowBatch& models);

  // Upserts rows that no listing decides on: workspaces, projects, rows asked for by id.
  RowCounts put(const objects::RowBatch& rows);

  bool has_project(const std::string& project_id);
  std::vector<KnownProject> live_projects(const std::string& workspace_id);
  std::set<std::string, std::less<>> project_ids();
  void mark_removed(const std::string& project_id);

  // --- one pass over a project ---
  // Whether an earlier pass was cut short: its done listings and cursors count when it was touched
  // after `not_before`, else they are dropped. In both cases annotations need a full listing.
  bool unfinished_pass(const std::string& project_id, std::int64_t not_before);
  Listing open_listing(const std::string& project_id, const objects::Table& table,
                       std::vector<std::string> asset_ids = {});
  // One page and the cursor behind it (empty = it was the last), in one transaction. A page that
  // changes nothing is checkpointed with a later one.
  RowCounts apply(Listing& listing, const objects::RowBatch& rows, const std::string& cursor);
  void restart(Listing& listing);
  void keep(Listing& listing, const std::string& id);  // as if the listing had held it
  Missing missing(const Listing& listing, std::size_t most, const std::function<double()>& random);
  // Ends a listing; with `remove` what it did not hold goes, all of it or, once `go_on` (asked for
  // each row; may be empty) says false, nothing: then throws Error(interrupted).
  RowCounts finish(Listing& listing, bool remove, const std::function<bool()>& go_on = {});
  void finish_pass(const std::string& project_id);
  // After a failure: complete listings are to be fetched again; with `cursors` the others too.
  void forget_progress(const std::string& project_id, bool cursors);

  bool loaded(const std::string& project_id, const objects::Table& table);
  // Whether assets and annotations were listed to their ends and no pass is under way.
  bool is_whole(const std::string& project_id);
  std::vector<std::string> pending_assets(const std::string& project_id);
  std::int64_t count(const objects::Table& table, const std::string& project_id);

  // --- run logs and operations ---
  struct RunLog {
    std::string run_id, log_id;
    std::optional<std::int64_t> run_update_date;
  };
  // Logs that may have grown since they were read: of runs that changed or are not finished.
  std::vector<RunLog> unread_logs(const std::string& project_id);
  RowCounts put_log(const objects::RowBatch& rows, const RunLog& log,
                    const std::string& project_id);
  std::vector<std::string> open_operations(const std::string& project_id);

  std::int64_t sync_id() const { return sync_id_; }
  // The newest sync of all, for what is written without one; 0 = none yet.
  std::int64_t newest_sync();

 private:
  friend class ExportRecords;
  class Transaction;

  Statement& statement(const char* sql);
  TableWriter& writer(const objects::Table& table);
  RowCounts write_rows(const objects::RowBatch& rows, Listing* listing);
  void write_row(const objects::RowBatch& rows, std::size_t index, Listing* listing, bool tracked,
                 RowCounts& counts);
  RowCounts compare_rows(const objects::RowBatch& rows, Listing* listing, bool& differs);
  void note_export_change(const objects::RowBatch& rows, std::size_t index);
  void note_pending(const objects::RowBatch& rows, std::size_t index,
                    const std::vector<std::size_t>* changed);
  void save_checkpoint(Listing& listing, bool done);
  void touch_pass(const std::string& project_id);
  void for_each_row_of(const Listing& listing, const std::function<void(std::int64_t)>& row);
  RowCounts remove_rows(const Listing& listing, const std::function<bool()>& go_on);
  std::int64_t layout();

  Access access_;
  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::map<const char*, Statement> statements_;
  std::map<const objects::Table*, std::unique_ptr<TableWriter>> writers_;
  std::unique_ptr<ChangeLog> changes_;
  std::int64_t sync_id_ = 0, now_ms_ = 0, renew_before_ = 0;
  bool in_transaction_ = false;  // inside a Transaction's scope
  int waiting_pages_ = 0;        // written but not committed
  // What the open transaction has put into export_changes already.
  const objects::Table* noted_table_ = nullptr;
  std::string noted_project_;
  std::optional<Error> broken_;  // a commit failed: pages that were reported written are not
};

}  // namespace nexus_mirror::store
