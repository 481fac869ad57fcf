// Counts that views show, kept as rows come and go: to count ten million rows takes seconds.
//
// Triggers keep them, so that they hold whoever writes, the owner's own SQL too (but for its
// REPLACE, which fires no DELETE trigger unless recursive_triggers is on). A first load puts the
// triggers away with the indexes, and what it brought is counted when these are made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::store {

struct Trigger {
  std::string name;
  std::string table;
  std::string sql;  // "CREATE TRIGGER ... END"
};
std::vector<Trigger> all_triggers();

// Statements that count the rows of `table` anew; empty where none are counted.
std::string count_anew_sql(std::string_view table);

}  // namespace nexus_mirror::store
