#include "docs/command_tree.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "cli/commands.h"
#include "config/settings.h"
#include "store/schema_doc.h"
#include "text/ascii.h"

namespace nexus_mirror::docs {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// "Title:" and the indented lines below it, as often as it comes.
std::vector<Note> notes_of(const std::string& footer) {
  std::vector<Note> notes;
  for (const std::string& line : lines_of(footer)) {
    if (!line.empty() && line.front() != ' ' && line.back() == ':') {
      notes.push_back({line.substr(0, line.size() - 1), {}});
    } else if (!line.empty()) {
      if (notes.empty()) notes.push_back({"Notes", {}});
      notes.back().lines.push_back(line.starts_with("  ") ? line.substr(2) : line);
    }
  }
  return notes;
}

std::vector<std::string> table_names() {
  std::vector<std::string> names;
  for (const store::ColumnDoc& line : store::schema_documentation()) {
    if (line.column.empty()) names.emplace_back(line.table);
  }
  return names;
}

// Choices are written in small letters, "table|csv"; what stands for something is not, "NAME|ID".
std::vector<std::string> choices_of(const CLI::Option& option, const std::string& value) {
  const std::string name = option.get_name();
  if (value == "TABLE" || name == "TABLE") return table_names();
  if (value == "FORMAT" && name == "--format") {
    const auto formats = config::export_formats();
    return {formats.begin(), formats.end()};
  }
  const bool words = value.find('|') != std::string::npos &&
                     std::none_of(value.begin(), value.end(),
                                  [](char c) { return text::is_upper(c) || c == ' ' || c == '='; });
  if (!words) return {};
  std::vector<std::string> choices;
  std::istringstream in(value);
  for (std::string choice; std::getline(in, choice, '|');) choices.push_back(choice);
  return choices;
}

Option option_of(const CLI::Option& option) {
  Option plain;
  for (const std::string& name : option.get_snames()) plain.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) plain.names.push_back("--" + name);
  const bool flag = option.get_items_expected_max() == 0;
  if (plain.names.empty()) {
    plain.value = option.get_name();
  } else if (!flag) {
    plain.value = option.get_type_name();
  }
  plain.choices = choices_of(option, plain.value);
  plain.meaning = option.get_description();
  plain.default_value = flag ? "" : option.get_default_str();
  plain.required = option.get_required();
  return plain;
}

Command command_of(const CLI::App& app) {
  Command command;
  command.name = app.get_name();
  command.meaning = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    auto& list = option->nonpositional() ? command.options : command.arguments;
    list.push_back(option_of(*option));
  }
  command.notes = notes_of(app.get_footer());
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(command_of(*each));
  }
  return command;
}

}  // namespace

Command command_tree() {
  cli::Invocation invocation;
  CLI::App app;
  cli::define_commands(app, invocation);
  return command_of(app);
}

}  // namespace nexus_mirror::docs
