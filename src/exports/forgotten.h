// What forgotten projects have in the export directory, taken away (CONTRACT.md 1, `forget`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exports/exports.h"

namespace nexus_mirror::exports {

// Removes the folder and the link of each project with ExportMark::forgotten, whatever else lies in
// the folder, and what is known of its exports; returns those of which all is gone. Why another is
// not goes to the troubles of `report`. The caller holds the mirror's lock, and the export
// directory is the mirror's. Throws Error(machine) of the mirror.
std::vector<std::string> remove_forgotten(const Config& config, store::Store& store,
                                          ExportReport& report);

// Folder of the exports that Nexus itself has made, below the project's.
inline constexpr const char* kServerExports = "server";
// Removes them: whether one holds an asset that is to be forgotten is not known. Returns whether
// there were any. Throws Error: machine, exports.
bool remove_server_exports(const Config& config, const std::string& project_id);

// Files in the project's folder, links not followed; none where that cannot be read.
struct FolderSum {
  std::int64_t files = 0, bytes = 0;
};
FolderSum exported_size(const Config& config, const std::string& project_id);

}  // namespace nexus_mirror::exports
