// `nexus-mirror compact`: gives the unused space of the mirror's file back.
#pragma once

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct CompactOptions {
  bool json = false;
};

// Says first how much room it needs, on stderr, and prints the sizes before and after. Throws
// Error: machine where there is too little room, busy while a sync runs, interrupted.
ExitCode run_compact(const CompactOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
