// What a command works with: the process's streams, the time and where its configuration is.
#pragma once

#include <filesystem>
#include <string_view>

#include "cli/output.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "text/moment.h"

namespace nexus_mirror::cli {

// The three standard streams, by descriptor; they stay the caller's.
struct Console {
  int in_fd = 0;
  int out_fd = 1;
  int err_fd = 2;
};

// What root reads for the time when it has gone on as another user: nothing; keys and certificates,
// to speak to the server; these and the configuration itself, to look at it again.
enum class Keep { nothing, secrets, configuration };

// Lives as long as the command runs.
struct CommandContext {
  const Console& console;
  Output& out;  // the command's data, and nothing else
  Env& env;
  std::filesystem::path config_file;  // of --config; empty when not given
  text::Zone zone = text::Zone::utc;  // in which times are shown, and read where none is given
  bool loaded = false;                // by load(): from then on there are threads and files

  // Writes "nexus-mirror: TEXT" as one line to stderr; what fails there is not reported.
  void notice(std::string_view text) const;

  // The configuration that applies, read and nothing else. Throws Error(config).
  Config read_config() const;

  // The same for a command that works on the mirror: root goes on as the user who owns it. Later
  // calls read the same file again. Throws Error(config), and Error(machine) where the user cannot
  // be changed.
  Config load(Keep keep = Keep::nothing);
};

}  // namespace nexus_mirror::cli
