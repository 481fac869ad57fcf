// What the last export of a project left in the mirror, and what has changed since: the rows that
// ExportRecords writes (export_records.h), as a Snapshot reads them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/export_records.h"
#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

struct ExportState {
  // Tables with changes since, and what is in no change. `everything`: what has changed is unknown,
  // since nothing was exported, or history does not reach back to it.
  std::set<std::string> tables;
  std::set<ExportMark> marks;
  bool everything = false;
  Position position;                    // to which the changes were looked at
  std::vector<ExportedFormat> formats;  // by name
  std::vector<ExportMisfit> misfits;    // by format
  bool exported_before = false;         // into the same folder
};

// `folder` is the project's, below the export directory. Throws as `snapshot` does, like all below.
ExportState read_export_state(Snapshot& snapshot, std::string_view project_id,
                              std::string_view folder);

// By name.
std::vector<ExportedFormat> exported_formats(Snapshot& snapshot, std::string_view project_id);

// By format.
std::vector<ExportMisfit> export_misfits(Snapshot& snapshot, std::string_view project_id);

struct ExportedFileRow {
  std::string_view path;  // below the export directory
  std::string_view sha256;
};

// The files of one format, by path.
Rows<ExportedFileRow> exported_files(Snapshot& snapshot, std::string_view project_id,
                                     std::string_view format);

}  // namespace nexus_mirror::store
