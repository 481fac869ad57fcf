// `nexus-mirror forget`: drops a project, or one asset, from everywhere.
#pragma once

#include <string>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct ForgetOptions {
  std::string project, workspace;  // name or id; empty = not given
  std::string asset;               // id; empty = the project as a whole
  bool yes = false;                // else a terminal is asked, and anything else refused
};

// Prints what is gone. Throws Error: usage (nothing of that name, several, not confirmed), busy
// while a sync runs, machine, interrupted (nothing was dropped).
ExitCode run_forget(const ForgetOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
