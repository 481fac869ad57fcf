// The schema of a mirror as the newest version has it: CREATE statements made from the field lists,
// the tables that the mirror keeps for itself, indexes and views.
#pragma once

#include <string>
#include <vector>

#include "objects/table.h"

namespace nexus_mirror::store {

// A table as sqlite_schema shows it.
struct TableSql {
  std::string name;
  std::string sql;  // "CREATE TABLE ..." without a semicolon
};

// The tables of CONTRACT.md 3, then the mirror's own.
std::vector<TableSql> all_table_sql();

struct IndexSql {
  std::string name;
  std::string table;
  std::string sql;  // "CREATE INDEX ...;"
};
std::vector<IndexSql> all_index_sql();
// The columns by which the rows of a table are found at once, in the order of each index, its key
// among them; of an index that goes on with an expression those before it.
std::vector<std::vector<std::string>> index_columns(const objects::Table& table);

// CREATE INDEX, CREATE TRIGGER and CREATE VIEW of everything.
std::string index_and_view_sql();

}  // namespace nexus_mirror::store
