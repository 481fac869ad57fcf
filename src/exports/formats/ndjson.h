// Format `ndjson`: everything that the mirror has of a project, in the wire's form, so that
// nexus-emulator serves it again (tests/corpus/README.md describes the files).
//
// What the mirror does not know, for the server did not say it, is left out, but for the nulls of
// that README. Links have lost their query. An asset's groups, a deployment's history and an
// artifact's files, whose order the mirror does not keep, stand in an order of their own, the keys
// inside JSON columns are sorted where the README names no order, and the counts of asset groups
// are not written: whoever has the assets has them.
#pragma once

#include <string>

#include "exports/writer.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// Writes workspace.json and all *.ndjson files of `project_id`, empty ones too, each record once
// and in the order of its id's bytes. Memory does not grow with the project: large kinds are sorted
// in SQLite's temporary files. One thread at a time for one snapshot. Throws Error(machine), and
// what `files` throws.
void write_ndjson(store::Snapshot& snapshot, const std::string& project_id, FileSet& files);

}  // namespace nexus_mirror::exports
