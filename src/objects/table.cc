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

std::string_view sql_type(Kind kind) {
  switch (kind) {
    case Kind::integer:
    case Kind::boolean:
    case Kind::time:
    case Kind::expiry:
      return "INTEGER";
    case Kind::real:
    case Kind::derived:
      return "REAL";
    case Kind::number:
    case Kind::any:
      return "ANY";
    case Kind::text:
    case Kind::enumeration:
    case Kind::json:
    case Kind::formats:
    case Kind::user_json:
    case Kind::link:
    case Kind::bound:
      break;
  }
  return "TEXT";
}

std::span<const Table* const> all_tables() {
  static constexpr const Table* kTables[] = {
      &workspaces, &projects,       &project_tags, &project_groups, &project_users,
      &tags,       &ontologies,     &assets,       &asset_groups,   &annotations,
      &sequences,  &workflows,      &runs,         &run_logs,       &insights,
      &artifacts,  &artifact_files, &models,       &deployments,    &deployment_versions,
      &operations, &syncs,          &changes,      &exports};
  return kTables;
}

const Table* find_table(std::string_view name) {
  for (const Table* table : all_tables()) {
    if (table->name == name) return table;
  }
  return nullptr;
}

}  // namespace nexus_mirror::objects
