// Whose an export directory is: file .nexus-mirror in it holds the id of the mirror that writes
// there (CONTRACT.md 5). Two that wrote into one would take each other's files for their own.
#pragma once

#include <filesystem>
#include <string>

#include "nexus_mirror/config.h"
#include "store/database.h"

namespace nexus_mirror::exports {

inline constexpr const char* kOwnerFile = ".nexus-mirror";

// Throws Error(usage) where the export directory is another mirror's: also where `mirror` does not
// exist yet, and the directory has an owner. Reads alone; with Use::compare SQLite makes no file
// either. A directory that is nobody's is fine. Throws Error(machine) as Database does.
void refuse_foreign(const MirrorConfig& mirror, store::Use use = store::Use::query);

// Makes the directory the mirror's with this id, once and for all; its own is not touched. Of
// several that try at once one succeeds. Throws Error: usage (it is another mirror's, and `adopt`
// is false), exports and machine (it cannot be written).
void take_export_dir(const std::filesystem::path& export_dir, const std::string& mirror_id,
                     bool adopt);

}  // namespace nexus_mirror::exports
