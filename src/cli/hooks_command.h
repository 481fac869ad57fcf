// `nexus-mirror hooks test`: the program of `on_change`, tried with a sample.
#pragma once

#include <string>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct HooksTestOptions {
  std::string project;  // empty: the one that changed last, or one that is made up
  bool json = false;
};

// Returns partial when the program failed, cannot be started or took too long. Throws Error: usage
// when no hook is configured or the mirror has no such project.
ExitCode run_hooks_test(const HooksTestOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
