#include "store/value.h"

namespace nexus_mirror::store {

using objects::Cell;

Value column_value(const Statement& columns, int index) {
  const Cell cell = columns.column(index);
  switch (cell.type) {
    case Cell::Type::integer:
      return cell.integer;
    case Cell::Type::real:
      return cell.real;
    case Cell::Type::text:
      return std::string(cell.text());
    case Cell::Type::null:
      break;
  }
  return {};
}

void bind_value(Statement& statement, int parameter, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    statement.bind(parameter, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    statement.bind(parameter, Cell::of(*real));
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    statement.bind(parameter, std::string_view(*text));
  } else {
    statement.bind_null(parameter);
  }
}

}  // namespace nexus_mirror::store
