#include "store/past/past_table.h"

#include <sqlite3.h>

#include "store/past/past_module.h"
#include "store/schema.h"

namespace nexus_mirror::store {

PastTable::PastTable(const objects::Table& of) : table(of) {
  for (const objects::Field& field : of.fields) columns.emplace_back(field.column);
  if (of.has_extra) columns.emplace_back("extra");
  for (const std::vector<std::string>& index : index_columns(of)) {
    std::vector<std::size_t>& places = by_columns.emplace_back();
    for (const std::string& name : index) places.push_back(of.at(name));
  }
}

PastTables::PastTables(Database& database) : database_(database) {
  const int code =
      sqlite3_create_module_v2(database.handle(), "past", &past_module(), this, nullptr);
  if (code != SQLITE_OK) database.fail(code);
}

PastTable& PastTables::add(const objects::Table& table) {
  const Inside inside(*this);
  const std::string name(table.name);
  PastTable& added = tables_.try_emplace(name, table).first->second;
  added.rows = database_.number("SELECT max(rowid) FROM main." + name);
  database_.execute("CREATE VIRTUAL TABLE temp." + name + " USING past");
  return added;
}

void PastTables::remove(std::string_view name) {
  const Inside inside(*this);
  database_.execute("DROP TABLE temp." + std::string(name));
  tables_.erase(tables_.find(name));
}

PastTable* PastTables::find(std::string_view name) {
  const auto table = tables_.find(name);
  return table == tables_.end() ? nullptr : &table->second;
}

}  // namespace nexus_mirror::store
