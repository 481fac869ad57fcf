#include "store/past/past.h"

#include <vector>

#include "nexus_mirror/error.h"
#include "store/past/past_counts.h"
#include "store/views.h"

namespace nexus_mirror::store {
namespace {

using objects::Logged;
using objects::Storage;
using objects::Table;

// Of rows that are in no change the column that says when each came.
constexpr std::string_view kCameAt = "t";

// What goes with a row of another table and is in no change: nullptr where it does not.
const Table* owner_of(const Table& table) {
  if (table.logged != Logged::never) return nullptr;
  for (const Table* owner : objects::all_tables()) {
    for (const Table::Dependent& dependent : owner->dependents) {
      if (dependent.table == table.name) return owner;
    }
  }
  return nullptr;
}

// Tables that are as they were: not those that the mirror keeps of itself, which are as now.
bool has_past(const Table& table) {
  return table.logged != Logged::never || owner_of(table) != nullptr;
}

// Whose changes tell of it.
const Table& told_by(const Table& table) {
  if (const Table* owner = owner_of(table)) return *owner;
  return table.parent != nullptr ? *table.parent : table;
}

// The names that a view reads: words of its SQL that are some.
std::set<std::string> read_by(const View& view) {
  const std::string sql = create_view_sql(view);
  std::set<std::string> names;
  const auto add = [&](std::string_view name) {
    for (std::size_t at = 0; (at = sql.find(name, at)) != sql.npos; at += name.size()) {
      const bool word =
          sql[at - 1] == ' ' && (sql[at + name.size()] == ' ' || sql[at + name.size()] == '\n');
      if (word) names.emplace(name);
    }
  };
  for (const Table* table : objects::all_tables()) add(table->name);
  for (const PastCount& count : kPastCounts) add(count.table);
  return names;
}

std::string past_view_sql(const View& view) {
  View past = view;
  // What has a link now need not have been finished then.
  if (view.name == "model_links") past.from += "\n  AND m.status = 'Finished'";
  const std::string sql = create_view_sql(past);
  return "CREATE TEMP" + sql.substr(std::string_view("CREATE").size());
}

}  // namespace

Past::Past(Database& database, const AsOf& as_of, std::string project_id, PastLinks links)
    : database_(database), as_of_(as_of), tables_(database) {
  if (database.schema_version() != latest_schema_version()) {
    throw Error(ErrorCode::machine, "going back in", "mirror " + database.path(),
                "it has an older schema version",
                "run 'nexus-mirror sync', which brings it up to date");
  }
  if (!can_be_answered(database, as_of)) {
    throw Error(ErrorCode::usage, "going back to",
                "sync " + std::to_string(as_of.sync_id) + " of " + database.path(),
                "its history does not reach back so far", "ask for a later moment");
  }
  const PastTables::Inside inside(tables_);
  rows_ = std::make_unique<PastRows>(database, as_of.seq, std::move(project_id), links);
  for (const Table* table : objects::all_tables()) {
    if (!has_past(*table)) continue;
    hidden_.emplace(table->name);
    if (table->storage != Storage::key) tables_.add(*table);
  }
  for (const PastCount& count : kPastCounts) hidden_.emplace(count.table);
  for (const View& view : all_views()) {
    hidden_.emplace(view.name);
    database.execute(past_view_sql(view));
  }
}

Past::~Past() = default;

std::set<std::string> Past::names() const {
  std::set<std::string> names;
  for (const Table* table : objects::all_tables()) {
    if (has_past(*table)) names.emplace(table->name);
  }
  for (const PastCount& count : kPastCounts) names.emplace(count.table);
  for (const View& view : all_views()) names.insert(view.name);
  return names;
}

std::map<std::int64_t, std::string> Past::hidden_pages() {
  const PastTables::Inside inside(tables_);
  std::map<std::int64_t, std::string> pages;
  Statement select =
      database_.prepare("SELECT rootpage, tbl_name FROM main.sqlite_schema WHERE rootpage > 0");
  while (select.step()) {
    if (hides(select.text(1))) pages.emplace(select.integer(0), select.text(1));
  }
  return pages;
}

void Past::fill_all() { fill(names()); }

void Past::fill(const std::set<std::string>& asked) {
  std::set<std::string> names = asked;
  for (const View& view : all_views()) {
    if (names.contains(view.name)) names.merge(read_by(view));
  }
  const PastTables::Inside inside(tables_);
  std::set<const Table*> wanted, told;
  for (const PastCount& count : kPastCounts) {
    if (names.contains(std::string(count.table))) names.emplace(count.of);
  }
  for (const std::string& name : names) {
    const Table* table = objects::find_table(name);
    if (table == nullptr || !has_past(*table)) continue;
    wanted.insert({table, &told_by(*table)});
    told.insert(&told_by(*table));
  }
  rows_->undo(told);
  for (const Table* table : wanted) {
    if (filled_.emplace(table->name).second) settle(*table);
  }
  for (const PastCount& count : kPastCounts) {
    const Table& of = *objects::find_table(count.of);
    if (!names.contains(std::string(count.table)) || !filled_.emplace(count.table).second) continue;
    if (rows_->differs(of) || rows_->unloaded(of)) {
      database_.execute(std::string(count.sql));
    } else {
      hidden_.erase(hidden_.find(count.table));
    }
  }
}

void Past::hide_exports() {
  const PastTables::Inside inside(tables_);
  for (const char* name : {"exports", "export_projects", "export_formats", "export_misfits",
                           "export_marks", "placed_files", "consumers", "files"}) {
    database_.execute("CREATE TEMP TABLE " + std::string(name) + " AS SELECT * FROM main." + name +
                      " WHERE 0");
  }
  database_.execute(
      "CREATE TEMP TABLE loads AS SELECT * FROM main.loads l WHERE NOT EXISTS (SELECT 1 FROM "
      "temp.then_unloaded u WHERE u.entity = l.entity AND u.project_id = l.project_id)");
}

// What nothing happened to is read as it is.
void Past::settle(const Table& table) {
  const Table& told = told_by(table);
  const bool differs = rows_->differs(told), unloaded = rows_->unloaded(told);
  const Table* owner = owner_of(table);
  const bool came = owner != nullptr && table.column(kCameAt) >= 0;
  if (!differs && !unloaded && !came) {
    hidden_.erase(hidden_.find(table.name));
    if (table.storage != Storage::key) tables_.remove(table.name);
    return;
  }
  const std::string name(table.name);
  std::string as_it_was = "1";
  if (unloaded) {
    as_it_was +=
        " AND m.project_id NOT IN (SELECT project_id FROM temp.then_unloaded WHERE entity = '" +
        std::string(told.name) + "')";
  }
  if (differs && owner != nullptr) {
    as_it_was += " AND EXISTS (SELECT 1 FROM " + std::string(owner->name) +
                 " o WHERE o.id = m.run_id AND o.project_id = m.project_id)";
  } else if (differs && table.parent != nullptr) {
    as_it_was += " AND NOT EXISTS (SELECT 1 FROM temp.then_" + name + "_of o WHERE o.parent = m." +
                 std::string(table.parent_key) + " AND o.project_id = m." +
                 std::string(table.project) + ")";
  }
  if (came) {
    as_it_was +=
        " AND ifnull(m." + std::string(kCameAt) + ", 0) <= " + std::to_string(as_of_.ended);
  }
  if (table.storage == Storage::key) return show_copy(table, as_it_was, differs);
  PastTable& past = *tables_.find(table.name);
  past.as_it_was = as_it_was;
  past.has_then_rows = differs && owner == nullptr;
  past.hides_rows = past.has_then_rows && table.parent == nullptr;
}

// A short list without rowids is copied.
void Past::show_copy(const Table& table, const std::string& as_it_was, bool differs) {
  const std::string name(table.name);
  database_.execute("CREATE TEMP TABLE " + name + " AS SELECT * FROM main." + name + " m WHERE " +
                    as_it_was);
  if (!differs) return;
  std::string columns;
  for (const objects::Field& field : table.fields) columns.append(field.column).append(", ");
  database_.execute("INSERT INTO temp." + name + " SELECT " + columns + "extra FROM temp.then_" +
                    name);
}

}  // namespace nexus_mirror::store
