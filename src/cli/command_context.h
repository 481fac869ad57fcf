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

// Lives as long as the command runs.
struct CommandContext {
  const Console& console;
  Output& out;  // the command's data, and nothing else
  Env& env;
  std::filesystem::path config_file;  // of --config; empty when not given
  text::Zone zone = text::Zone::utc;  // in which times are shown, and read where none is given

  // Writes "nexus-mirror: TEXT" as one line to stderr; what fails there is not reported.
  void notice(std::string_view text) const;

  // The configuration that applies. Throws Error(config).
  Config load() const;
};

}  // namespace nexus_mirror::cli
