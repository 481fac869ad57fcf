#include "store/project_row.h"

namespace nexus_mirror::store {
namespace {

std::int64_t count(Statement query, std::string_view project_id) {
  query.bind(1, project_id).step();
  return query.integer(0);
}

}  // namespace

std::optional<ProjectRow> find_project(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare("SELECT name, type, workspace_id FROM projects WHERE id = ?");
  if (!query.bind(1, project_id).step()) return std::nullopt;
  return ProjectRow{std::string(query.text(0)), std::string(query.text(1)),
                    std::string(query.text(2))};
}

std::int64_t count_assets(Snapshot& snapshot, std::string_view project_id) {
  return count(snapshot.prepare("SELECT count(*) FROM assets WHERE project_id = ?"), project_id);
}

std::int64_t count_annotations(Snapshot& snapshot, std::string_view project_id) {
  return count(snapshot.prepare("SELECT count(*) FROM annotations WHERE project_id = ?"),
               project_id);
}

}  // namespace nexus_mirror::store
