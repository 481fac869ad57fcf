// The commands of `nexus-mirror`, their options and help: the one source of the command line, of
// `--help`, the man page and the completions.
#pragma once

#include <functional>
#include <string>

#include "cli/command_context.h"
#include "log/log.h"
#include "nexus_mirror/error.h"

namespace CLI {
class App;
}

namespace nexus_mirror::cli {

// What the command line comes to.
struct Invocation {
  std::string config_file;
  log::Level log_level = log::Level::info;
  log::Style log_style = log::suitable_style();
  bool local = false;  // times in the machine's zone
  std::function<ExitCode(CommandContext&)> command;
  bool listens = false;  // the command ends itself when a signal asks for it
};

// Adds everything to `app`; what is parsed goes to `invocation`, which outlives it.
void define_commands(CLI::App& app, Invocation& invocation);

}  // namespace nexus_mirror::cli
