// All rows of a query at once, for results known to be small.
#pragma once

#include <string_view>
#include <vector>

#include "store/reader.h"

namespace nexus_mirror::testing {

inline std::vector<store::Row> rows_of(store::Reader& reader, std::string_view sql,
                                       const store::Parameters& parameters = {}) {
  std::vector<store::Row> all;
  reader.query(
      sql, parameters, [](const std::vector<std::string>&) {},
      [&](const store::Row& row) {
        all.push_back(row);
        return true;
      });
  return all;
}

inline std::vector<store::Row> rows_of(store::Reader&& reader, std::string_view sql,
                                       const store::Parameters& parameters = {}) {
  return rows_of(reader, sql, parameters);
}

}  // namespace nexus_mirror::testing
