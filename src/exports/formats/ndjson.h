// Format `ndjson`: everything that the mirror has of a project, in the wire's form, so that
// nexus-emulator serves it again (tests/corpus/README.md describes the files).
#pragma once

#include <string>

#include "exports/writer.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// Writes workspace.json and the *.ndjson files of `project_id`. Memory does not grow with the
// project. Throws Error(mirror).
void write_ndjson(store::Snapshot& snapshot, const std::string& project_id, FileSet& files);

}  // namespace nexus_mirror::exports
