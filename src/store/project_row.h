// Projects as the mirror has them. All throw as `database` or `snapshot` does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/snapshot.h"

namespace nexus_mirror::store {

// Empty texts where the server named none.
struct ProjectRow {
  std::string name, type, workspace_id;
};

// nullopt where the mirror has no such project.
std::optional<ProjectRow> find_project(Database& database, std::string_view project_id);

struct KnownProject {
  std::string id, name;
};
// By name, then id.
std::vector<KnownProject> all_projects(Database& database);

// Whether a listing of these rows of the project has come to its end, as of the moment that the
// database is shown at.
bool was_fetched_whole(Database& database, std::string_view project_id,
                       const objects::Table& table);

// Rows that the mirror has of the project.
std::int64_t count_assets(Snapshot& snapshot, std::string_view project_id);
std::int64_t count_annotations(Snapshot& snapshot, std::string_view project_id);

// Assets by project, as they are counted all the time; those without any are left out.
std::map<std::string, std::int64_t> count_assets(Database& database);

}  // namespace nexus_mirror::store
