// Options and notes that several commands have alike. CLI11 is included by these alone, and by what
// defines commands.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/row_writer.h"
#include "config/spelling.h"
#include "text/joined.h"
#include "text/number.h"

namespace nexus_mirror::cli {

inline constexpr const char* kExitStatus =
    "Exit status:\n"
    "  0  done\n"
    "  1  done in part; verify: differences; status: stale\n"
    "  2  usage or configuration\n"
    "  3  the server refused the key\n"
    "  4  the server could not be reached\n"
    "  5  the mirror: locked, full disk, damaged, newer\n"
    "  6  refused by the mass-delete guard\n"
    "  7  another nexus-mirror is working on this mirror\n";

inline std::string footer(const std::string& examples) {
  return "Examples:\n" + examples + "\n" + kExitStatus;
}

// What a value may be; the one that was meant is named where it is none of them.
inline CLI::Validator one_of(const std::vector<std::string>& names) {
  // The empty text is what CLI11 takes for success.
  const auto check = [names](const std::string& text) -> std::string {
    if (std::find(names.begin(), names.end(), text) != names.end()) return {};
    const std::vector<std::string_view> known(names.begin(), names.end());
    const std::string meant = config::did_you_mean(text, known);
    return "'" + text + "' is none of " + text::joined(names, "|") +
           (meant.empty() ? meant : " (" + meant + ")");
  };
  return CLI::Validator(check, "");
}

inline CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    const auto number = text::parse_number<std::int64_t>(text);
    if (number && *number >= least && *number <= most) return {};
    const bool open = most == std::numeric_limits<std::int64_t>::max();
    return "'" + text + "' is no whole number from " + std::to_string(least) +
           (open ? " on" : " to " + std::to_string(most));
  };
  return CLI::Validator(check, "");
}

template <typename Choice>
CLI::Option* add_choice(CLI::App& app, const std::string& name, Choice& choice,
                        const std::vector<std::pair<std::string, Choice>>& choices,
                        const std::string& description) {
  std::vector<std::string> names;
  for (const auto& each : choices) names.push_back(each.first);
  const auto set = [&choice, choices](const std::string& text) {
    for (const auto& each : choices) {
      if (each.first == text) choice = each.second;
    }
  };
  return app.add_option_function<std::string>(name, set, description)
      ->check(one_of(names))
      ->type_name(text::joined(names, "|"));
}

inline void add_format(CLI::App& command, RowFormat& format) {
  add_choice<RowFormat>(command, "--format", format,
                        {{"table", RowFormat::table},
                         {"csv", RowFormat::csv},
                         {"json", RowFormat::json},
                         {"ndjson", RowFormat::ndjson}},
                        "How to print rows; table when not given")
      ->default_str("table");
  command
      .add_flag_callback(
          "--json", [&format] { format = RowFormat::json; }, "The same as --format json")
      ->excludes("--format");
}

// Of what is no list of rows.
inline void add_json(CLI::App& command, bool& json) {
  CLI::Option* flag = command.add_flag("--json", json, "Print JSON; the same as --format json");
  add_choice<bool>(command, "--format", json, {{"text", false}, {"json", true}}, "How to print it")
      ->default_str("text")
      ->excludes(flag);
}

// An option that may be repeated, one value each time: a bare word after it is something else.
inline CLI::Option* add_repeatable(CLI::App& command, const std::string& name,
                                   std::vector<std::string>& values, const std::string& value_name,
                                   const std::string& description) {
  return command.add_option(name, values, description + "; repeatable")
      ->allow_extra_args(false)
      ->type_name(value_name);
}

// A moment of the past that the mirror is shown at.
inline CLI::Option* add_moment(CLI::App& command, const std::string& name, std::string& moment,
                               const std::string& description) {
  return command
      .add_option(name, moment,
                  description +
                      ": 2026-01-31, 2h or 7d ago, yesterday, a sync's id (its end), "
                      "run:ID (when that run was created)")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string { return text.empty() ? "it is empty" : ""; }, ""))
      ->type_name("TIME|SYNC|run:ID");
}

inline void add_projects(CLI::App& command, std::vector<std::string>& projects) {
  add_repeatable(command, "--project", projects, "NAME|ID|GLOB", "Only these projects");
}

// What a signal does that asks the process to end.
enum class Ends { at_once, by_itself };

// Registers a command whose options live in `Options` and are handed to `run_command`.
template <typename Options>
std::shared_ptr<Options> bind_command(CLI::App& command, Invocation& invocation,
                                      ExitCode (*run_command)(const Options&, CommandContext&),
                                      Ends ends = Ends::at_once) {
  auto options = std::make_shared<Options>();
  command.callback([&command, &invocation, options, run_command, ends] {
    if (!command.get_subcommands().empty()) return;  // that one is the command
    invocation.listens = ends == Ends::by_itself;
    invocation.command = [options, run_command](CommandContext& context) {
      return run_command(*options, context);
    };
  });
  return options;
}

}  // namespace nexus_mirror::cli
