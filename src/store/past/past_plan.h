// How the rows of a table of then are found: what SQLite is told once and says again at each walk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/past/past_table.h"
#include "text/number.h"

struct sqlite3_index_info;

namespace nexus_mirror::store {

// How the rows that a question asks for are found: what xBestIndex says to xFilter as a text.
// "<ordered> <columns used, a bit each> <argument that is a list> <column that is equal to the n-th
// argument>...".
struct PastPlan {
  bool ordered = false;  // by rowid
  int list = -1;         // the argument that is the values of an IN
  std::uint64_t used = 0;
  std::vector<int> equal;  // places of columns; -1 = rowid

  std::string text() const {
    std::string text = ordered ? "1 " : "0 ";
    text::append_number(text, used);
    text += ' ' + std::to_string(list);
    for (const int column : equal) text += ' ' + std::to_string(column);
    return text;
  }
  static PastPlan of(std::string_view text) {
    PastPlan plan;
    plan.ordered = text.starts_with('1');
    text.remove_prefix(2);
    plan.used = text::take_number<std::uint64_t>(text).value_or(~std::uint64_t{0});
    text.remove_prefix(1);
    plan.list = text::take_number<int>(text).value_or(-1);
    while (text.starts_with(' ')) {
      text.remove_prefix(1);
      plan.equal.push_back(text::take_number<int>(text).value_or(0));
    }
    return plan;
  }
};

// Whether a plan reads the column at that place.
bool uses(std::uint64_t used, std::size_t column);

// The rows of now that are as they were, or those of then, with the columns of the plan behind the
// rowid. In the order of rowids both are merged, so that none of now has to be looked for among
// those that have changed: these come with all that they hide, and say in front what was there.
std::string select_sql(const PastTable& table, const PastPlan& plan, bool of_now);

// What serves the question of `info` best, which is told all but idxStr. SQLite compares once more
// by itself what it asks for.
PastPlan choose_plan(const PastTable& table, sqlite3_index_info* info);

}  // namespace nexus_mirror::store
