#include "objects/columns.h"

namespace nexus_mirror::objects {
std::size_t item_column_at(const ChildList& list, std::string_view column) {
  for (std::size_t i = 0; const Field* field = item_field(list, i); ++i) {
    if (field->column == column) return i;
  }
  list.table->throw_absent("column " + std::string(column));
}

std::size_t list_at(const Table& table, std::string_view key) {
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    if (table.children[i].key == key) return i;
  }
  table.throw_absent("list " + std::string(key));
}

std::string text_of(const RowBatch& rows, std::size_t row, std::string_view column) {
  return std::string(rows.row(row)[rows.table().at(column)].text());
}

std::optional<std::int64_t> integer_of(const RowBatch& rows, std::size_t row,
                                       std::string_view column) {
  const Cell& cell = rows.row(row)[rows.table().at(column)];
  if (cell.type != Cell::Type::integer) return std::nullopt;
  return cell.integer;
}

}  // namespace nexus_mirror::objects
