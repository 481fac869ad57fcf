// The rows of a query as text to compare: a line a row, sorted, written so that no two values are
// alike: types told apart, reals with all that they hold.
#pragma once

#include <string>

struct sqlite3;

namespace nexus_mirror::testing {

// Whether a text is told beyond its first NUL, where SQLite's own functions for JSON end it.
enum class Texts { whole, up_to_nul };

// Each row as "<name>: <values parted by commas>\n", in an order that depends on nothing else.
std::string table_text(sqlite3* database, const std::string& name, const std::string& select,
                       Texts texts = Texts::whole);

}  // namespace nexus_mirror::testing
