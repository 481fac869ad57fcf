#include "cli/command_line.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "cli/commands.h"
#include "cli/output.h"
#include "config/spelling.h"
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

// "; did you mean 'sync'?" where one of the names is near.
std::string meant(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string question = config::did_you_mean(word, known);
  return question.empty() ? question : "; " + question;
}

// The command that was chosen, and above it the program: whose options count.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  const CLI::App* level = &app;
  while (level != nullptr) {
    for (const CLI::Option* option : level->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const auto chosen = level->get_subcommands();
    level = chosen.empty() ? nullptr : chosen.back();
  }
  return names;
}

// Why the command line makes no sense. CLI11 calls a misspelt command a missing one.
std::string explain(const CLI::App& app, const CLI::Error& error) {
  const auto unknown = app.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !unknown.empty()) {
    const std::string& word = unknown.front();
    const std::string option = word.substr(0, word.find('='));
    return option.starts_with("-")
               ? "there is no option '" + option + "'" + meant(option, option_names(app))
               : "'" + word + "' is one argument too many";
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error.what();
  const auto chosen = app.get_subcommands();
  const bool needs_command = chosen.empty() || chosen.back()->get_require_subcommand_min() > 0;
  if (!needs_command) return error.what();
  if (unknown.empty()) return "a command is required";
  std::vector<std::string> names;
  const CLI::App& asked = chosen.empty() ? app : *chosen.back();
  for (const CLI::App* command : asked.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return "there is no command '" + unknown.front() + "'" + meant(unknown.front(), names);
}

// The short ways to say it, as what they stand for: -h -V -v, and `help COMMAND`. Not behind "--".
std::vector<std::string> in_full(const std::vector<std::string>& arguments) {
  static constexpr std::string_view kWithValue[] = {"--config", "--log-level", "--log-format"};
  std::vector<std::string> full;
  bool options = true, value = false, command = false, help = false;
  for (const std::string& argument : arguments) {
    options = options && argument != "--";
    const bool is_word = !value && !argument.starts_with('-');
    if (is_word && !command && argument == "help") {
      help = true;
    } else if (options && argument == "-v") {
      full.insert(full.end(), {"--log-level", "debug"});
    } else if (options && (argument == "-h" || argument == "-V")) {
      full.emplace_back(argument == "-h" ? "--help" : "--version");
    } else {
      full.push_back(argument);
    }
    command = command || is_word;
    value =
        std::find(std::begin(kWithValue), std::end(kWithValue), argument) != std::end(kWithValue);
  }
  if (help) full.emplace_back("--help");
  return full;
}

// Returns the exit status when the command line asks for no command: help, version, nonsense.
std::optional<ExitCode> parse(CLI::App& app, const std::vector<std::string>& arguments,
                              CommandContext& context) {
  const std::vector<std::string> full = in_full(arguments);
  std::vector<const char*> argv = {"nexus-mirror"};
  for (const std::string& argument : full) argv.push_back(argument.c_str());
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
