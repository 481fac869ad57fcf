// `nexus-mirror sync`: bring the mirror up to date once.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct SyncOptions {
  std::vector<std::string> projects;  // names, ids or globs; empty = all configured
  bool full = false;                  // whatever [sync] mode says; never with `quick`
  bool quick = false;
  bool dry_run = false;  // write nothing at all
  bool no_files = false;
  bool no_export = false;
  bool adopt = false;  // take over the export directory of a mirror that is lost
  bool no_progress = false;
  bool progress_json = false;  // JSON lines on stderr, once a second
  bool allow_mass_delete = false;
  bool json = false;  // the result as JSON on context.out
};

// Throws Error.
ExitCode run_sync(const SyncOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
