// The command line of `nexus-mirror`, from arguments to exit status.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::cli {

// Runs one command line (without the program's name) and returns the exit status. Reports errors
// as one line on the console's stderr; throws nothing. Ignores SIGPIPE from then on: a reader that
// has gone ends the command quietly. The log goes to the process's stderr.
int run(const std::vector<std::string>& arguments, const Console& console, Env& env);

}  // namespace nexus_mirror::cli
