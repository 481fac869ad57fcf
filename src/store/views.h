// The views of the mirror: their SQL beside what each column means, so that neither is told twice.
#pragma once

#include <string>
#include <vector>

namespace nexus_mirror::store {

struct ViewColumn {
  std::string name;
  std::string type;  // TEXT, INTEGER or REAL
  std::string meaning;
  std::string sql;  // what it is
};

struct View {
  std::string name;
  std::string meaning;
  std::vector<ViewColumn> columns;
  std::string from;  // what follows the columns in its SELECT
};

// In the order of CONTRACT.md 3. Made at the first call; any thread.
const std::vector<View>& all_views();

// "CREATE VIEW ...;"
std::string create_view_sql(const View& view);

}  // namespace nexus_mirror::store
