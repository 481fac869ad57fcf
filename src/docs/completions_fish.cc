#include "docs/completions.h"

#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

std::string fish_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string names_of(const Command& command) {
  std::vector<std::string> names;
  for (const Command& each : command.commands) names.push_back(each.name);
  return text::joined(names, " ");
}

// When a place's options are offered: all its words were seen.
std::string seen(const std::vector<std::string>& words) {
  return text::joined(words, "; and ", [](const std::string& word) {
    return "__fish_seen_subcommand_from " + word;
  });
}

std::string option_lines(const CommandPlace& place, const Option& option) {
  std::string lines;
  for (const std::string& name : option.names) {
    lines += "complete -c nexus-mirror";
    if (!place.words.empty()) lines += " -n " + fish_quoted(seen(place.words));
    lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!option.value.empty()) lines += takes_file(option) ? " -r -F" : " -x";
    if (const std::string table = named_in(option); !table.empty()) {
      lines += " -a '(__nexus_mirror_names " + table + ")'";
    }
    if (!option.choices.empty()) lines += " -a " + fish_quoted(text::joined(option.choices, " "));
    lines += " -d " + fish_quoted(brief(option.meaning)) + "\n";
  }
  return lines;
}

std::string names_function() {
  return R"fish(function __nexus_mirror_names
  set -l words (commandline -opc)
  set -l config
  for i in (seq (count $words))
    if test "$words[$i]" = --config; and test $i -lt (count $words)
      set config --config $words[(math $i + 1)]
    else if string match -q -- '--config=*' $words[$i]
      set config --config (string replace -- --config= '' $words[$i])
    end
  end
  set config (string replace -r '^~/' "$HOME/" -- $config)
  set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
  command -q timeout; and set program timeout 2 $program
  command $program $config )fish" +
         names_query("$argv[1]") + "\nend\n";
}

}  // namespace

std::string fish_completion(const Command& program) {
  std::string text =
      "# fish completion for nexus-mirror\n" + names_function() + "complete -c nexus-mirror -f\n";
  for (const CommandPlace& place : places(program)) {
    const Command& command = *place.command;
    for (const Option& option : command.options) {
      const bool shared = option.names.front() == "--help" && !place.words.empty();
      if (!shared) text += option_lines(place, option);
    }
    std::string before = seen(place.words);
    for (const Command& each : command.commands) {
      const std::string none = "not __fish_seen_subcommand_from " + names_of(command);
      text += "complete -c nexus-mirror -n " +
              fish_quoted(before.empty() ? none : before + "; and " + none) + " -a " + each.name +
              " -d " + fish_quoted(brief(each.meaning)) + "\n";
    }
    for (const Option& argument : command.arguments) {
      if (argument.choices.empty()) continue;
      text += "complete -c nexus-mirror -n " + fish_quoted(before) + " -a " +
              fish_quoted(text::joined(argument.choices, " ")) + "\n";
    }
  }
  return text;
}

}  // namespace nexus_mirror::docs
