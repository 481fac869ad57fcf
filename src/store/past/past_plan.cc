#include "store/past/past_plan.h"

#include <sqlite3.h>

#include <algorithm>
#include <optional>

namespace nexus_mirror::store {
namespace {

constexpr int kBits = 64;  // of sqlite3_index_info::colUsed; the last stands for all that follow

bool is_list(sqlite3_index_info* info, int constraint) {
  return sqlite3_vtab_in(info, constraint, -1) != 0;
}

// Of lists those of texts alone, as a whole: one by one, values that a column makes the same would
// find a row twice.
bool can_use(const PastTable& table, sqlite3_index_info* info, int constraint, int column) {
  const auto& asked = info->aConstraint[constraint];
  if (asked.usable == 0 || asked.op != SQLITE_INDEX_CONSTRAINT_EQ || asked.iColumn != column) {
    return false;
  }
  if (column < 0) return !is_list(info, constraint);
  if (sqlite3_stricmp(sqlite3_vtab_collation(info, constraint), "BINARY") != 0) return false;
  const auto place = static_cast<std::size_t>(column);
  return !is_list(info, constraint) || objects::sql_type(table.table.fields[place].kind) == "TEXT";
}

std::optional<int> constraint_on(const PastTable& table, sqlite3_index_info* info, int column) {
  for (int i = 0; i < info->nConstraint; ++i) {
    if (can_use(table, info, i, column)) return i;
  }
  return std::nullopt;
}

// The first columns of an index that the question gives values for; a list of them ends it.
std::vector<int> usable_part(const PastTable& table, sqlite3_index_info* info,
                             const std::vector<std::size_t>& columns) {
  std::vector<int> part;
  for (const std::size_t column : columns) {
    const auto constraint = constraint_on(table, info, static_cast<int>(column));
    if (!constraint) break;
    part.push_back(static_cast<int>(column));
    if (is_list(info, *constraint)) break;
  }
  return part;
}

// As SQLite guesses of an index that it knows nothing of.
double rows_behind(const PastTable& table, const std::vector<int>& equal) {
  if (equal.empty()) return std::max(100.0, static_cast<double>(table.rows));
  if (equal.front() < 0 || equal.size() == table.table.key.size()) return 1;
  return std::max(2.0, 12.0 - 2.0 * static_cast<double>(equal.size()));
}

}  // namespace

bool uses(std::uint64_t used, std::size_t column) {
  return (used >> std::min<std::size_t>(column, kBits - 1) & 1) != 0;
}

std::string select_sql(const PastTable& table, const PastPlan& plan, bool of_now) {
  const std::string rowid = of_now ? "m.rowid" : "m.row", name(table.table.name);
  const bool merged = plan.ordered && table.hides_rows;
  std::string sql = "SELECT " + rowid + (of_now || !merged ? ", 1" : ", m.was");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (uses(plan.used, i)) sql += ", m." + table.columns[i];
  }
  if (of_now) {
    sql += " FROM main." + name + " m WHERE " + table.as_it_was;
    if (table.hides_rows && !merged) {
      sql += " AND m.rowid NOT IN (SELECT row FROM temp.then_" + name + "_rows)";
    }
  } else {
    sql += " FROM temp.then_" + name + " m WHERE " + (merged ? "1" : "m.was");
  }
  for (std::size_t i = 0; i < plan.equal.size(); ++i) {
    const int column = plan.equal[i];
    const std::string argument = "?" + std::to_string(i + 1);
    sql += " AND " + (column < 0 ? rowid : "m." + table.columns[static_cast<std::size_t>(column)]) +
           (static_cast<int>(i) == plan.list ? " IN (SELECT value FROM json_each(" + argument + "))"
                                             : " = " + argument);
  }
  return plan.ordered ? sql + " ORDER BY " + rowid : sql;
}

PastPlan choose_plan(const PastTable& table, sqlite3_index_info* info) {
  PastPlan plan;
  if (constraint_on(table, info, -1)) {
    plan.equal = {-1};
  } else {
    for (const auto& index : table.by_columns) {
      const std::vector<int> part = usable_part(table, info, index);
      if (part.size() > plan.equal.size()) plan.equal = part;
    }
  }
  plan.used = info->colUsed;
  plan.ordered = plan.equal.empty() && info->nOrderBy == 1 && info->aOrderBy[0].iColumn < 0 &&
                 info->aOrderBy[0].desc == 0;
  info->orderByConsumed = plan.ordered ? 1 : 0;
  for (int i = 0; i < static_cast<int>(plan.equal.size()); ++i) {
    const int constraint = *constraint_on(table, info, plan.equal[static_cast<std::size_t>(i)]);
    // SQLite compares once more by itself: see filter().
    info->aConstraintUsage[constraint].argvIndex = i + 1;
    if (is_list(info, constraint)) {
      sqlite3_vtab_in(info, constraint, 1);
      plan.list = i;
    }
  }
  const double rows = rows_behind(table, plan.equal);
  info->estimatedRows = static_cast<sqlite3_int64>(rows);
  info->estimatedCost = plan.equal.empty() ? rows * 3 : 20 + rows * 3;
  if (rows == 1) info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
  return plan;
}

}  // namespace nexus_mirror::store
