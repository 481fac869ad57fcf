// `nexus-mirror config`: is the configuration right, and what does it come to.
#pragma once

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct ConfigCheckOptions {
  bool no_credentials = false;  // systemd shows them to the service alone, not to what reloads it
};

// Names every problem on stderr and returns usage; or, where there are warnings at most, names the
// file on stdout. Throws
// Error(config) when there is no file.
ExitCode run_config_check(const ConfigCheckOptions& options, CommandContext& context);

// Prints the effective settings as TOML, secrets masked. Throws Error(config).
ExitCode run_config_print(CommandContext& context);

}  // namespace nexus_mirror::cli
