// What every table, view and column of the mirror means: the text behind `nexus-mirror schema`.
#pragma once

#include <string_view>
#include <vector>

namespace nexus_mirror::store {

// One column of a table or view; all texts live as long as the program.
struct ColumnDoc {
  std::string_view table;    // or the view's name
  std::string_view column;   // empty: the line tells what the table or view itself is
  std::string_view type;     // TEXT, INTEGER, REAL; for a table's own line "table" or "view"
  std::string_view meaning;  // one sentence
};

// In the order of the tables and of their columns.
std::vector<ColumnDoc> schema_documentation();

}  // namespace nexus_mirror::store
