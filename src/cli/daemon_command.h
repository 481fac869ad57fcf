// `nexus-mirror daemon`: syncs on a schedule until told to stop.
#pragma once

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct DaemonOptions {};

// What ends it is in the log.
ExitCode run_daemon(const DaemonOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
