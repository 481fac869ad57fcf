// A value of SQL that owns its text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/statement.h"

namespace nexus_mirror::store {

// NULL, integer, real, text.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Value>;

// NULL without a value.
template <class Of>
Value value_of(const std::optional<Of>& optional) {
  return optional ? Value(*optional) : Value();
}

// Of a column of the row at hand; a BLOB is no value of the mirror.
Value column_value(const Statement& columns, int index);
// `value` must stay as long as what Statement::bind() binds.
void bind_value(Statement& statement, int parameter, const Value& value);

}  // namespace nexus_mirror::store
