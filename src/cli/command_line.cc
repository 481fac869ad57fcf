#include "cli/command_line.h"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "cli/commands.h"
#include "cli/help_text.h"
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

// " (did you mean 'sync'?)" where one of the names is near, or has the word in it.
std::string meant(const std::string& word, const std::vector<std::string>& names) {
  constexpr std::size_t kEnough = 3;  // letters that tell something
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::string question = config::did_you_mean(word, known);
  const std::string stem = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  if (question.empty() && stem.size() >= kEnough) {
    const auto having = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return name.find(stem) != name.npos;
    });
    if (having != names.end()) question = "did you mean '" + *having + "'?";
  }
  return question.empty() ? question : " (" + question + ")";
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

// As meant(); and a word that is a command below another, or an option, and stands for that.
std::string meant_elsewhere(const CLI::App& app, const std::string& word,
                            const std::vector<std::string>& names) {
  const auto any = [](const CLI::App*) { return true; };
  for (const CLI::App* command : app.get_subcommands(any)) {
    for (const CLI::App* below : command->get_subcommands(any)) {
      if (below->get_name() != word) continue;
      return " (did you mean '" + command->get_name() + " " + word + "'?)";
    }
  }
  if (app.get_option_no_throw("--" + word) != nullptr) {
    return " (did you mean '--" + word + "'?)";
  }
  return meant(word, names);
}

// Of a command that has others below it: which of them was asked for, and is none. CLI11 calls a
// misspelt command a missing one. Empty where there is nothing to say.
std::string unknown_command(const CLI::App& app) {
  const CLI::App* asked = &app;
  while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().back();
  const auto unknown = app.remaining(true);
  std::vector<std::string> names;
  for (const CLI::App* command : asked->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  if (names.empty() || unknown.empty() || unknown.front().starts_with('-')) return {};
  const std::string& word = unknown.front();
  return "there is no command '" + word + "'" +
         (asked == &app ? meant_elsewhere(app, word, names) : meant(word, names));
}

// The first that nobody knows, as an option or as an argument too many; there is one.
std::string unknown_word(const CLI::App& app) {
  const std::string word = app.remaining(true).front();
  const std::string option = word.substr(0, word.find('='));
  if (option.starts_with('-')) {
    return "there is no option '" + option + "'" + meant(option, option_names(app));
  }
  const std::string command = unknown_command(app);
  return command.empty() ? "'" + word + "' is one argument too many" : command;
}

// "NAME" of "--config: 1 required NAME missing", say; empty where `text` is not of that kind.
std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before);
  if (begin == text.npos || !text.ends_with(after)) return {};
  const std::size_t from = begin + before.size();
  return text.size() < from + after.size() ? std::string()
                                           : text.substr(from, text.size() - after.size() - from);
}

// What CLI11 says, in our own words.
std::string in_own_words(const std::string& said) {
  const std::string option = said.substr(0, said.find_first_of(": "));
  if (const std::string value = between(said, ": 1 required ", " missing"); !value.empty()) {
    return option + " needs a value: " + value;
  }
  if (said.find(" required but received ") != said.npos) return option + " is given more than once";
  if (const std::string other = between(said, " excludes ", ""); !other.empty()) {
    return option + " and " + other + " exclude each other";
  }
  if (const std::string other = between(said, " requires ", ""); !other.empty()) {
    return option + " needs " + other + ", too";
  }
  if (const std::string what = between(said, "Could not convert: ", ""); !what.empty()) {
    return what.substr(0, what.find(' ')) + " takes no such value";
  }
  return said;
}

// Why the command line makes no sense.
std::string explain(const CLI::App& app, const CLI::Error& error) {
  const bool unknown = !app.remaining(true).empty();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && unknown) return unknown_word(app);
  if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return in_own_words(error.what());
  const auto chosen = app.get_subcommands();
  const bool needs_command = chosen.empty() || chosen.back()->get_require_subcommand_min() > 0;
  if (!needs_command) return error.what();
  return unknown ? unknown_word(app) : "a command is required";
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
    if (const std::string problem = unknown_command(app); !problem.empty()) {
      context.notice(problem + "; see '" + command_name(app) + " --help'");
      return ExitCode::usage;
    }
    env::release_held_signals();
    const Terminal& terminal = context.out.terminal();
    const std::size_t column = app.get_formatter()->get_column_width();
    context.out.write(terminal.is_terminal ? fitted_help(app.help(), column, terminal.width)
                                           : app.help());
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

// A program that reads a sync's progress reads every line as JSON.
log::Style style_to_use(const CLI::App& app, log::Style style) {
  const bool events = !app.get_subcommand("sync")->get_option("--progress")->empty();
  return events && app.get_option("--log-format")->empty() ? log::Style::json : style;
}

ExitCode run_parsed(const std::vector<std::string>& arguments, CommandContext& context) {
  Invocation invocation;
  CLI::App app;
  define_commands(app, invocation);
  if (const auto done = parse(app, arguments, context)) return *done;
  if (!invocation.listens) env::release_held_signals();
  context.zone = zone_to_use(invocation.local);
  log::configure(invocation.log_level, style_to_use(app, invocation.log_style), context.zone);
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
