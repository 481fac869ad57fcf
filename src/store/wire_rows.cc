#include "store/wire_rows.h"

#include <string>

#include "text/joined.h"

namespace nexus_mirror::store {
namespace {

using objects::ChildList;
using objects::Field;
using objects::Table;

std::string columns_of(const std::vector<const Field*>& fields) {
  return text::joined(fields, ", ", &Field::column) + ", extra";
}

std::string select_sql(const std::vector<const Field*>& fields, const Table& table,
                       std::string_view owner, const std::string& order) {
  return "SELECT " + columns_of(fields) + " FROM " + std::string(table.name) + " WHERE " +
         std::string(owner) + " = ?1 ORDER BY " + order;
}

}  // namespace

WireRows::WireRows(Snapshot& snapshot, const Table& table,
                   std::span<const std::string_view> order) {
  for (const Field& field : table.fields) fields_.push_back(&field);
  const std::string_view project = "project_id";
  const std::string_view owner = table.column(project) >= 0 ? project : "id";
  query_ = snapshot.prepare(select_sql(fields_, table, owner, text::joined(order, ", ")));
}

WireRows::WireRows(Snapshot& snapshot, const ChildList& list) {
  for (std::size_t i = 0; const Field* field = objects::item_field(list, i); ++i) {
    fields_.push_back(field);
  }
  const std::string parent(list.table->parent_key), project(list.table->project);
  by_project_ = project != parent;
  query_ = snapshot.prepare(select_sql(fields_, *list.table,
                                       by_project_ ? project + " = ?2 AND " + parent : parent,
                                       list.ordered ? "position" : columns_of(fields_)));
}

void WireRows::select(std::string_view owner, std::string_view project_id) {
  query_.reset();
  query_.bind(1, owner);
  if (by_project_) query_.bind(2, project_id);
}

bool WireRows::next() {
  if (query_.step()) return true;
  query_.reset();
  return false;
}

}  // namespace nexus_mirror::store
