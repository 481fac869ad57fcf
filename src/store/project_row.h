// One project as the mirror has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/snapshot.h"

namespace nexus_mirror::store {

// Empty texts where the server named none.
struct ProjectRow {
  std::string name, type, workspace_id;
};

// nullopt where the mirror has no such project. Throws as `snapshot` does, like all below.
std::optional<ProjectRow> find_project(Snapshot& snapshot, std::string_view project_id);

// Rows that the mirror has of the project.
std::int64_t count_assets(Snapshot& snapshot, std::string_view project_id);
std::int64_t count_annotations(Snapshot& snapshot, std::string_view project_id);

}  // namespace nexus_mirror::store
