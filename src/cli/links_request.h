// `nexus-mirror links --request`: model exports that Nexus is asked for.
#pragma once

#include "cli/links_command.h"

namespace nexus_mirror::cli {

// Starts the model exports that `options` ask for, waits for them and prints them as run_links
// does. Throws Error.
ExitCode run_links_request(const LinksOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
