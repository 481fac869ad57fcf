#include "docs/completions.h"

#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

// For a text within '...' of a specification of _arguments or _describe.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string action(const Option& option) {
  if (!option.choices.empty()) return "(" + text::joined(option.choices, " ") + ")";
  if (const std::string table = named_in(option); !table.empty()) {
    return "{_nexus_mirror_names " + table + "}";
  }
  return takes_file(option) ? "_files" : "";
}

std::string specifications(const Command& command, const std::string& indent) {
  std::string lines;
  for (const Option& option : command.options) {
    for (const std::string& name : option.names) {
      const std::string repeated = option.meaning.ends_with("repeatable") ? "*" : "";
      lines += indent + "'" + repeated + name + (option.value.empty() ? "" : "=") + "[" +
               zsh_text(brief(option.meaning)) + "]";
      if (!option.value.empty()) lines += ":" + zsh_text(option.value) + ":" + action(option);
      lines += "' \\\n";
    }
  }
  return lines;
}

std::string function_name(const std::vector<std::string>& words) {
  std::string name = "_nexus_mirror";
  for (const std::string& word : words) name += "_" + word;
  return name;
}

std::string function_of(const Command& program, const CommandPlace& place) {
  const Command& command = *place.command;
  const bool top = place.words.empty();
  std::string text = function_name(place.words) + "() {\n";
  if (!command.commands.empty()) {
    text +=
        "  local curcontext=$curcontext state line\n  typeset -A opt_args\n  local -a commands\n";
    text += "  commands=(\n";
    for (const Command& each : command.commands) {
      text += "    '" + each.name + ":" + zsh_text(each.meaning) + "'\n";
    }
    text += "  )\n";
  }
  text += std::string("  _arguments ") + (command.commands.empty() ? "" : "-C ") + "\\\n";
  text += specifications(command, "    ");
  if (!top) {
    Command shared = program;
    std::erase_if(shared.options, [&](const Option& option) {
      return option.names.front() == "--help" || option.names.front() == "--version";
    });
    text += specifications(shared, "    ");
  }
  if (!command.commands.empty()) {
    text += "    '1:command:->command' \\\n    '*::argument:->argument'\n";
    text += "  case $state in\n    command) _describe command commands ;;\n    argument)\n";
    text += "      case $line[1] in\n";
    for (const Command& each : command.commands) {
      std::vector<std::string> below = place.words;
      below.push_back(each.name);
      text += "        " + each.name + ") " + function_name(below) + " ;;\n";
    }
    return text + "      esac\n      ;;\n  esac\n}\n\n";
  }
  for (const Option& argument : command.arguments) {
    text += std::string("    ':") + zsh_text(argument.value) + ":" + action(argument) + "' \\\n";
  }
  text.erase(text.size() - 3);  // " \" and the line's end
  return text + "\n}\n\n";
}

// _arguments takes away from `words` what is before a command, so the line is kept as it was.
std::string names_function() {
  return R"zsh(_nexus_mirror_names() {
  local -a config names program
  local i=${_nexus_mirror_words[(I)--config]}
  (( i > 0 )) && config=(--config ${(Q)_nexus_mirror_words[i+1]/#\~\//$HOME/})
  local equals=${_nexus_mirror_words[(R)--config=*]}
  [[ -n $equals ]] && config=(--config ${(Q)${equals#--config=}/#\~\//$HOME/})
  program=(${(Q)_nexus_mirror_words[1]/#\~\//$HOME/})
  (( $+commands[timeout] )) && program=(timeout 2 $program)
  names=("${(@f)$($program $config )zsh" +
         names_query("$1") +
         ")}\")\n  (( $#names )) && [[ -n $names[1] ]] && compadd -- $names\n}\n\n";
}

}  // namespace

std::string zsh_completion(const Command& program) {
  std::string text = "#compdef nexus-mirror\n\n" + names_function();
  for (const CommandPlace& place : places(program)) text += function_of(program, place);
  return text +
         "typeset -ga _nexus_mirror_words\n_nexus_mirror_words=(\"${words[@]}\")\n"
         "_nexus_mirror \"$@\"\n";
}

}  // namespace nexus_mirror::docs
