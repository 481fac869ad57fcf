#include "store/project_classes.h"

namespace nexus_mirror::store {

Rows<TagRow> tags_of_project(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT tag_index, name, extra FROM tags WHERE project_id = ? ORDER BY tag_index");
  query.bind(1, project_id);
  return {std::move(query), [](const Statement& columns, TagRow& row) {
            row = {columns.integer(0), columns.text(1), !columns.column(1).null(), columns.text(2)};
          }};
}

Rows<std::string_view> names_of_tags(Snapshot& snapshot, std::string_view project_id) {
  Statement query =
      snapshot.prepare("SELECT name FROM project_tags WHERE project_id = ? ORDER BY position");
  query.bind(1, project_id);
  return {std::move(query),
          [](const Statement& columns, std::string_view& name) { name = columns.text(0); }};
}

}  // namespace nexus_mirror::store
