// All projects that have been exported, for what stands at the top of the export directory.
#pragma once

#include <cstdint>
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

// Those that the mirror still has, older projects first. Throws as `snapshot` does.
std::vector<IndexedProject> read_export_index(Snapshot& snapshot);

}  // namespace nexus_mirror::store
