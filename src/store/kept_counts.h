// Counts that views show, kept as rows come and go: to count ten million rows takes seconds.
//
// Triggers keep them, so that they hold whoever writes, the owner's own SQL too (but for its
// REPLACE, which fires no DELETE trigger unless recursive_triggers is on). A first load puts the
// triggers away with the indexes, and what it brought is counted when these are made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

struct Trigger {
  std::string name;
  std::string table;
  std::string sql;  // "CREATE TRIGGER ... END"
};
std::vector<Trigger> all_triggers();

// Counts the rows of `table` anew, where any are counted; those of one project alone where the
// counts of the others hold. Within the caller's transaction, in memory for each tag; throws as
// `database` does.
void count_anew(Database& database, std::string_view table,
                std::optional<std::string_view> project_id = std::nullopt);

}  // namespace nexus_mirror::store
