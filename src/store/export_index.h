// All projects that have been exported, for what stands at the top of the export directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/export_records.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

struct IndexedProject {
  ExportedProject exported;
  std::string name;                  // empty where the server named none
  std::int64_t files = 0;            // that its last export left
  std::vector<std::string> formats;  // of these, by name
};

// The link by a project's name that was made last. None: of that nothing was written down; empty:
// it has none.
struct ProjectLink {
  std::string project_id, folder;
  std::optional<std::string> link;
};

// Of all projects that have been exported, also those that the mirror has not any more.
std::vector<ProjectLink> project_links(Snapshot& snapshot);

// Those that the mirror still has, older projects first. Throws as `snapshot` does.
std::vector<IndexedProject> read_export_index(Snapshot& snapshot);

}  // namespace nexus_mirror::store
