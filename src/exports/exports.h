// Exports: annotation files and model links of the projects of a mirror, written from the mirror
// alone (CONTRACT.md 5).
//
// What a reader of the files may rely on: each file is the old one or the new one; a file whose
// bytes would not change is not touched; manifest.json comes last, so that whoever finds all its
// hashes true holds one consistent set. What a kill leaves in between is put right by the next
// call.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "env/path_list.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "store/store.h"

namespace nexus_mirror::exports {

// What is being done for a project, and how far that is.
struct ExportStep {
  // writing: its images, into the files of all formats; renaming: these files, into place; placing:
  // its images and models, beside them.
  enum class Stage { writing, renaming, placing } stage = Stage::writing;
  std::string project_id, project_name;
  std::int64_t done = 0, total = 0;
  std::int64_t images_done = 0, images_all = 0;  // written, of all projects of the call
};

struct ExportRequest {
  std::vector<std::string> project_ids;
  std::vector<std::string> formats;  // only these are written; empty = all that are configured
  bool everything = false;           // made again also where nothing changed
  bool force = false;                // files are written also where their bytes would not change
  bool adopt = false;                // take the export directory of another mirror over
  bool links_only = false;           // of projects that have been exported: their model links
  std::function<void()> progress;    // called often while it goes on; may be empty
  std::function<void(const ExportStep&)> step = {};  // on the caller's thread; may be empty
};

struct ProjectError {
  std::string project_id;
  Error error;
};

// A format that a project was to have, and does not suit.
struct ProjectMisfit {
  std::string project_id, format;
};

struct ExportReport {
  env::PathList written;  // files, absolute paths
  std::vector<ProjectMisfit> misfits;
  std::vector<ProjectError> failures;
  std::vector<Error> troubles;  // of index.json, and of by-name the first
};

// Takes away what forgotten projects have in the export directory (forgotten.h), exports each
// project that the mirror has been given whole, and then the index. A project with a
// tag that could not be read waits, as a failure of the report: none of its classes has a number.
// What fails with one project is in the report, a full disk among it, and the others go on; throws
// Error: usage (the export directory is another mirror's), exports (it cannot be made), machine
// (before the first project), interrupted. `report` has what was done whatever is thrown. The
// caller holds the mirror's lock, and this is the store's thread.
void run_exports(const Config& config, store::Store& store, Env& env, const ExportRequest& request,
                 const std::stop_token& stop, ExportReport& report);

}  // namespace nexus_mirror::exports
