// `nexus-mirror config`: is the configuration right, and what does it come to.
#pragma once

#include "cli/session.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

// Names every problem on stderr and returns usage, or names the file on stdout. Throws
// Error(config) when there is no file.
ExitCode run_config_check(Session& session);

// Prints the effective settings as TOML, secrets masked. Throws Error(config).
ExitCode run_config_print(Session& session);

}  // namespace nexus_mirror::cli
