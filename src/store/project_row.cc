#include "store/project_row.h"

namespace nexus_mirror::store {
namespace {

std::int64_t count(Statement query, std::string_view project_id) {
  query.bind(1, project_id).step();
  return query.integer(0);
}

}  // namespace

std::optional<ProjectRow> find_project(Database& database, std::string_view project_id) {
  Statement query = database.prepare("SELECT name, type, workspace_id FROM projects WHERE id = ?");
  if (!query.bind(1, project_id).step()) return std::nullopt;
  return ProjectRow{std::string(query.text(0)), std::string(query.text(1)),
                    std::string(query.text(2))};
}

std::vector<KnownProject> all_projects(Database& database) {
  Statement select = database.prepare("SELECT id, name FROM projects ORDER BY name, id");
  std::vector<KnownProject> projects;
  while (select.step()) {
    projects.push_back({std::string(select.text(0)), std::string(select.text(1))});
  }
  return projects;
}

bool was_fetched_whole(Database& database, std::string_view project_id,
                       const objects::Table& table) {
  Statement select = database.prepare("SELECT 1 FROM loads WHERE project_id = ? AND entity = ?");
  return select.bind(1, project_id).bind(2, table.name).step();
}

std::int64_t count_assets(Snapshot& snapshot, std::string_view project_id) {
  return count(snapshot.prepare("SELECT count(*) FROM assets WHERE project_id = ?"), project_id);
}

std::map<std::string, std::int64_t> count_assets(Database& database) {
  Statement select =
      database.prepare("SELECT project_id, sum(assets) FROM asset_counts GROUP BY project_id");
  std::map<std::string, std::int64_t> assets;
  while (select.step()) assets[std::string(select.text(0))] = select.integer(1);
  return assets;
}

std::int64_t count_annotations(Snapshot& snapshot, std::string_view project_id) {
  return count(snapshot.prepare("SELECT count(*) FROM annotations WHERE project_id = ?"),
               project_id);
}

}  // namespace nexus_mirror::store
