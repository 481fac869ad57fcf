#include "objects/table.h"

#include <stdexcept>
#include <string>

namespace nexus_mirror::objects {

int Table::column(std::string_view column_name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].column == column_name) return static_cast<int>(i);
  }
  return -1;
}

std::size_t Table::at(std::string_view column_name) const {
  if (has_extra && column_name == "extra") return fields.size();
  const int index = column(column_name);
  if (index < 0) throw_absent("column " + std::string(column_name));
  return static_cast<std::size_t>(index);
}

void Table::throw_absent(std::string_view what) const {
  throw std::logic_error("table " + std::string(name) + " has no " + std::string(what));
}

std::string_view sql_type(FieldKind kind) {
  switch (kind) {
    case FieldKind::integer:
    case FieldKind::boolean:
    case FieldKind::time:
    case FieldKind::expiry:
      return "INTEGER";
    case FieldKind::real:
    case FieldKind::derived:
      return "REAL";
    case FieldKind::number:
    case FieldKind::any:
      return "ANY";
    case FieldKind::text:
    case FieldKind::enumeration:
    case FieldKind::json:
    case FieldKind::unordered:
    case FieldKind::formats:
    case FieldKind::user_json:
    case FieldKind::link:
    case FieldKind::bound:
      break;
  }
  return "TEXT";
}

std::span<const Table* const> all_tables() {
  static constexpr const Table* kTables[] = {
#define NEXUS_MIRROR_TABLE(name) &name,
#include "objects/tables.inc"
  };
  return kTables;
}

const Table* find_table(std::string_view name) {
  for (const Table* table : all_tables()) {
    if (table->name == name) return table;
  }
  return nullptr;
}

}  // namespace nexus_mirror::objects
