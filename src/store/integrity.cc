#include "store/integrity.h"

#include "objects/table.h"

namespace nexus_mirror::store {
namespace {

using objects::Table;

// A mirror of an older version may lack a column.
bool has_column(Database& database, const Table& table, std::string_view column) {
  Statement select = database.prepare("SELECT 1 FROM pragma_table_info(?) WHERE name = ?");
  return select.bind(1, table.name).bind(2, column).step();
}

void check_column(Database& database, const Table& table, std::string_view column,
                  std::vector<NoJson>& found) {
  if (!has_column(database, table, column)) return;
  const std::string name(column);
  const std::int64_t rows =
      database.number("SELECT count(*) FROM " + std::string(table.name) + " WHERE " + name +
                      " IS NOT NULL AND NOT json_valid(" + name + ")");
  if (rows > 0) found.push_back({std::string(table.name), name, rows});
}

}  // namespace

std::vector<std::string> find_damage(Database& database) {
  Statement check = database.prepare("PRAGMA integrity_check(100)");
  std::vector<std::string> lines;
  while (check.step()) lines.emplace_back(check.text(0));
  if (lines.size() == 1 && lines.front() == "ok") lines.clear();
  return lines;
}

std::vector<Orphans> find_orphans(Database& database) {
  std::vector<Orphans> all;
  for (const Table* table : objects::all_tables()) {
    if (table->parent == nullptr || !has_column(database, *table, table->parent_key)) continue;
    const std::string name(table->name), parent(table->parent->name);
    std::string theirs =
        "p." + std::string(table->parent->id) + " = c." + std::string(table->parent_key);
    if (table->project != table->parent_key && has_column(database, *table, table->project)) {
      theirs +=
          " AND p." + std::string(table->parent->project) + " = c." + std::string(table->project);
    }
    all.push_back(
        {name, parent,
         database.number("SELECT count(*) FROM " + name + " c WHERE NOT EXISTS (SELECT 1 FROM " +
                         parent + " p WHERE " + theirs + ")")});
  }
  return all;
}

BrokenReferences find_broken_references(Database& database) {
  Statement check = database.prepare("PRAGMA foreign_key_check");
  BrokenReferences broken;
  while (check.step()) {
    if (broken.rows++ == 0) broken.first = check.text(0);
  }
  return broken;
}

std::vector<NoJson> find_no_json(Database& database) {
  std::vector<NoJson> found;
  for (const Table* table : objects::all_tables()) {
    for (const objects::Field& field : table->fields) {
      if (field.json()) check_column(database, *table, field.column, found);
    }
    if (table->has_extra) check_column(database, *table, "extra", found);
  }
  return found;
}

}  // namespace nexus_mirror::store
