// Whether the mirror's file is whole, as SQLite says and as the tables' facts demand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

// What SQLite's own check finds, at most 100 lines; empty = nothing. All throw as Database does.
std::vector<std::string> find_damage(Database& database);

// A list's table whose rows should each belong to a row of the parent.
struct Orphans {
  std::string table, parent;
  std::int64_t rows = 0;  // that belong to none
};
std::vector<Orphans> find_orphans(Database& database);

// Rows that refer to none, of tables with foreign keys, and the table of the first.
struct BrokenReferences {
  std::int64_t rows = 0;
  std::string first;
};
BrokenReferences find_broken_references(Database& database);

// A column that holds JSON, or NULL, in every row but these.
struct NoJson {
  std::string table, column;
  std::int64_t rows = 0;
};
// Of columns whose every value is JSON: those that may hold plain text are none.
std::vector<NoJson> find_no_json(Database& database);

}  // namespace nexus_mirror::store
