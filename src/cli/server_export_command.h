// `nexus-mirror export --server`: annotation exports that Nexus itself makes.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct ServerExportOptions {
  std::string format;
  std::vector<std::string> projects;
};

// Starts the export on the server, waits for it, unpacks its archive below export_dir and prints
// the folder of each project, one a line. Throws Error.
ExitCode run_server_export(const ServerExportOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
