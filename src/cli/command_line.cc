#include "cli/command_line.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>

#include "cli/commands.h"
#include "cli/output.h"
#include "env/signals.h"
#include "error/current_error.h"
#include "log/guard.h"
#include "log/log.h"
#include "nexus_mirror/cli.h"
#include "nexus_mirror/error.h"
#include "text/ascii.h"

namespace nexus_mirror::cli {
namespace {

// "nexus-mirror config check": the command that was meant, as far as it was understood.
std::string command_name(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return app.get_name() + (chosen.empty() ? "" : " " + command_name(*chosen.back()));
}

// Why the command line makes no sense. CLI11 calls a misspelt command a missing one.
std::string explain(const CLI::App& app, const CLI::Error& error) {
  const auto unknown = app.remaining(true);
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error.what();
  const auto chosen = app.get_subcommands();
  const bool needs_command = chosen.empty() || chosen.back()->get_require_subcommand_min() > 0;
  if (!needs_command) return error.what();
  return unknown.empty() ? "a command is required"
                         : "there is no command '" + unknown.front() + "'";
}

// Returns the exit status when the command line asks for no command: help, version, nonsense.
std::optional<ExitCode> parse(CLI::App& app, const std::vector<std::string>& arguments,
                              CommandContext& context) {
  std::vector<const char*> argv = {"nexus-mirror"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  try {
    app.parse(static_cast<int>(argv.size()), argv.data());
    return std::nullopt;
  } catch (const CLI::CallForHelp&) {
    env::release_held_signals();
    context.out.write(app.help());
  } catch (const CLI::CallForVersion& version) {
    context.out.write(std::string(version.what()) + "\n");
  } catch (const CLI::Error& error) {
    context.notice(explain(app, error) + "; see '" + command_name(app) + " --help'");
    return ExitCode::usage;
  }
  context.out.flush();
  return ExitCode::done;
}

// --local, else what $NEXUS_MIRROR_TIME says.
text::Zone zone_to_use(bool local) {
  const char* variable = std::getenv("NEXUS_MIRROR_TIME");
  const std::string_view said = variable == nullptr ? "" : variable;
  if (local || text::equal_ignoring_case(said, "local")) return text::Zone::local;
  if (said.empty() || text::equal_ignoring_case(said, "utc")) return text::Zone::utc;
  throw Error(ErrorCode::usage, "reading NEXUS_MIRROR_TIME", "'" + std::string(said) + "'",
              "times are shown in one of two zones", "set it to local or utc, or not at all");
}

ExitCode run_parsed(const std::vector<std::string>& arguments, CommandContext& context) {
  Invocation invocation;
  CLI::App app;
  define_commands(app, invocation);
  if (const auto done = parse(app, arguments, context)) return *done;
  if (!invocation.listens) env::release_held_signals();
  context.zone = zone_to_use(invocation.local);
  log::configure(invocation.log_level, invocation.log_style, context.zone);
  context.config_file = invocation.config_file;
  const ExitCode result = invocation.command(context);
  context.out.flush();
  return result;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Console& console, Env& env) {
  ::signal(SIGPIPE, SIG_IGN);
  Output out(console.out_fd, "standard output", detect_terminal(console.out_fd));
  CommandContext context{console, out, env, {}};
  ExitCode result = ExitCode::partial;
  try {
    result = run_parsed(arguments, context);
  } catch (const OutputClosed&) {
    result = ExitCode::done;
  } catch (const Error& error) {
    context.notice(error.what());
    result = exit_code(error.code());
  } catch (...) {
    const Error error = current_error(ErrorCode::bad_response, "running", "this command");
    context.notice(error.reason());
    result = exit_code(error.code());
  }
  return static_cast<int>(result);
}

}  // namespace nexus_mirror::cli

namespace nexus_mirror {

int run_command_line(int argc, char** argv) {
  try {
    return cli::run({argv + (argc > 0 ? 1 : 0), argv + argc}, cli::Console{}, Env::system());
  } catch (...) {  // not even the words for what went wrong were to be had
    log::current_exception("running", "this command");
    return static_cast<int>(ExitCode::machine);
  }
}

}  // namespace nexus_mirror
