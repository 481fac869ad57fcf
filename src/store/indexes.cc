#include "store/indexes.h"

#include <algorithm>
#include <string>

#include "env/process_start.h"
#include "log/log.h"
#include "nexus_mirror/error.h"
#include "store/kept_counts.h"
#include "store/per_table.h"
#include "store/schema.h"

namespace nexus_mirror::store {
namespace {

using objects::Table;

// Of the table and its lists, which are filled together.
std::vector<IndexSql> indexes_of(const Table& table) {
  std::vector<IndexSql> found;
  for (const IndexSql& index : all_index_sql()) {
    bool ours = index.table == table.name;
    for (const objects::ChildList& list : table.children) {
      ours = ours || index.table == list.table->name;
    }
    if (ours) found.push_back(index);
  }
  return found;
}

bool exists(Database& database, const std::string& name) {
  Statement select = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?");
  return select.bind(1, std::string_view(name)).step();
}

// Pages that are filled and not changed again need not wait for others in the -wal: they come into
// the file while the next rows are on their way, and less is left for the end.
constexpr int kAppendedPagesPerCheckpoint = 2048;

// Makes an index. No way is known to rows that are there twice; whoever found one would have a
// mirror that no sync can heal, so of such rows the one that came last stays. Returns whether there
// were any.
bool make_index(Database& database, const IndexSql& index) {
  try {
    database.execute(index.sql);
    return false;
  } catch (const Error& error) {
    if (error.reason().find("UNIQUE constraint failed") == std::string::npos) throw;
    const std::size_t begin = index.sql.find('('), end = index.sql.rfind(')');
    const std::string key = index.sql.substr(begin + 1, end - begin - 1);
    log::warning("rows of " + index.table + " are there twice; the older ones go");
    database.execute("DELETE FROM " + index.table + " WHERE rowid NOT IN (SELECT max(rowid) FROM " +
                     index.table + " GROUP BY " + key + ")");
    database.forget_failure();
    database.execute(index.sql);
    return true;
  }
}

// Rows are sorted in runs of as much as SQLite keeps in memory. Short ones fit the processor's
// cache and are sorted faster; but of more than sixteen the merge writes all of it once more.
class MemoryForRuns {
 public:
  MemoryForRuns(Database& database, std::int64_t rows) : database_(database) {
    constexpr std::int64_t kBytesPerRow = 128, kMergedTwice = 16 * 16, kShortestKib = 2048;
    env::give_free_memory_back();
    const std::int64_t kib = rows * kBytesPerRow / kMergedTwice / 1024;
    database_.keep_in_memory(
        static_cast<int>(std::clamp<std::int64_t>(kib, kShortestKib, kKeptKib)));
  }
  ~MemoryForRuns() { database_.keep_in_memory(kKeptKib); }
  MemoryForRuns(const MemoryForRuns&) = delete;
  MemoryForRuns& operator=(const MemoryForRuns&) = delete;

 private:
  Database& database_;
};

}  // namespace

Indexes::Indexes(Database& database)
    : database_(database), read_layout_(database.prepare("PRAGMA schema_version")) {
  look();
}

bool Indexes::away(const Table& table) {
  look();
  return away_.contains(&table);
}

std::vector<const Table*> Indexes::all_away() {
  look();
  return {away_.begin(), away_.end()};
}

std::int64_t Indexes::known_layout() {
  look();
  return layout_;
}

void Indexes::look() {
  if (known_) return;
  away_.clear();
  for (const Table* table : objects::all_tables()) {
    if (table->storage != objects::Storage::bulk || table->parent != nullptr) continue;
    for (const IndexSql& index : indexes_of(*table)) {
      if (!exists(database_, index.name)) away_.insert(table);
    }
    for (const Trigger& trigger : all_triggers()) {
      if (trigger.table == table->name && !exists(database_, trigger.name)) away_.insert(table);
    }
  }
  layout_ = layout();
  known_ = true;
}

std::int64_t Indexes::layout() {
  ResetGuard guard(read_layout_);
  read_layout_.step();
  return read_layout_.integer(0);
}

void Indexes::drop(const Table& table) {
  look();
  const bool ours = layout() == layout_;
  for (const IndexSql& index : indexes_of(table)) {
    database_.execute("DROP INDEX IF EXISTS " + index.name);
  }
  for (const Trigger& trigger : all_triggers()) {
    if (trigger.table == table.name) database_.execute("DROP TRIGGER IF EXISTS " + trigger.name);
  }
  away_.insert(&table);
  database_.checkpoint_every(kAppendedPagesPerCheckpoint);
  if (ours) changed();
}

void Indexes::make(const Table& table, const std::optional<std::string>& only_counted) {
  look();
  const bool ours = layout() == layout_;
  const MemoryForRuns memory(database_,
                             database_.number(per_table("SELECT max(rowid) FROM ", table, "")));
  bool any_went = false;
  for (const IndexSql& index : indexes_of(table)) {
    if (!exists(database_, index.name)) any_went = make_index(database_, index) || any_went;
  }
  count_anew(database_, table.name, any_went ? std::nullopt : only_counted);
  for (const Trigger& trigger : all_triggers()) {
    if (trigger.table != table.name) continue;
    database_.execute("DROP TRIGGER IF EXISTS " + trigger.name);
    database_.execute(trigger.sql);
  }
  away_.erase(&table);
  if (away_.empty()) database_.checkpoint_every(kPagesPerCheckpoint);
  if (ours) changed();
}

// Passes that are under way go on: rows have kept their rowids.
void Indexes::changed() {
  const std::int64_t before = layout_;
  layout_ = layout();
  database_.prepare("UPDATE passes SET layout = ? WHERE layout = ?")
      .bind(1, layout_)
      .bind(2, before)
      .run();
}

}  // namespace nexus_mirror::store
