// `nexus-mirror export`: the exports again, from the mirror alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct ExportOptions {
  std::vector<std::string> projects;         // names, ids or globs; empty = all
  std::vector<std::string> formats;          // empty = those configured
  bool force = false;                        // write files whose bytes would not change, too
  std::optional<std::string> server_format;  // given: have Nexus itself export to this
  std::string at, to;  // given: as the mirror was at that moment, into that folder
};

// Needs no network and no key, but for `server_format`. Prints the files that were written, one a
// line. Throws Error.
ExitCode run_export(const ExportOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
