// `nexus-mirror config init`: a first configuration, tested against the server before it is
// written.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/server_look.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct InitOptions {
  std::string file;  // empty: that of --config, else ./nexus-mirror.toml
  std::string name, endpoint, key_env, key_file;
  bool no_test = false;
};

// Asks on a terminal for what the options do not say. What is written is there whole, or nothing
// is; nothing that is there already is changed. Throws Error: usage (something is there already,
// an option is missing, the answers ended), config (what cannot stand in a configuration),
// key_refused, unreachable, timeout (nothing was written), machine, interrupted.
ExitCode run_config_init(const InitOptions& options, CommandContext& context);

// What `answer` chooses of `projects`: numbers from 1 on, names, ids and globs, parted by commas;
// nothing, or "all", is ["*"]. Each is said by its name where that means it alone, else by its id.
// Throws Error(usage) naming what means no project.
std::vector<std::string> chosen_projects(const std::string& answer,
                                         const std::vector<ListedProject>& projects);

}  // namespace nexus_mirror::cli
