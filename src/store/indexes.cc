#include "store/indexes.h"

#include <string>

#include "store/kept_counts.h"
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

bool exists(Database& database, const IndexSql& index) {
  Statement select =
      database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?");
  return select.bind(1, std::string_view(index.name)).step();
}

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
      if (!exists(database_, index)) away_.insert(table);
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
  if (ours) changed();
}

void Indexes::make(const Table& table) {
  look();
  const bool ours = layout() == layout_;
  for (const IndexSql& index : indexes_of(table)) {
    if (!exists(database_, index)) database_.execute(index.sql);
  }
  database_.execute(count_anew_sql(table.name));
  for (const Trigger& trigger : all_triggers()) {
    if (trigger.table != table.name) continue;
    database_.execute("DROP TRIGGER IF EXISTS " + trigger.name);
    database_.execute(trigger.sql);
  }
  away_.erase(&table);
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
