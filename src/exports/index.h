// index.json, which stands at the top of the export directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/snapshot.h"

namespace nexus_mirror::exports {

// Brings it up to date with the projects that have been exported, each as its last export left it.
// Where there is none that is not written, unless `also_empty`. Returns the files that were
// written. Throws Error: machine, exports.
std::vector<std::string> write_index(store::Snapshot& snapshot,
                                     const std::filesystem::path& export_dir, std::int64_t now_ms,
                                     bool also_empty = false);

}  // namespace nexus_mirror::exports
