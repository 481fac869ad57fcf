// The columns of a table as SQL lists them, in the order of its fields.
#pragma once

#include <cstddef>
#include <string>

#include "objects/table.h"
#include "text/joined.h"

namespace nexus_mirror::store {

// "m.id, m.project_id, ..., m.extra", with what stands before each; `extra` where there is one.
inline std::string columns_sql(const objects::Table& table, const std::string& before = "") {
  std::string sql = text::joined(table.fields, ", ", [&](const objects::Field& field) {
    return before + std::string(field.column);
  });
  return table.has_extra ? sql + ", " + before + "extra" : sql;
}

// "?, ?, ?"; at least one.
inline std::string placeholders(std::size_t count) {
  std::string sql = "?";
  for (std::size_t i = 1; i < count; ++i) sql += ", ?";
  return sql;
}

}  // namespace nexus_mirror::store
