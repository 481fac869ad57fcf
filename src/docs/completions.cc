#include "docs/completions.h"

#include <algorithm>
#include <set>

#include "text/joined.h"

namespace nexus_mirror::docs {
namespace {

void collect(const Command& command, const std::vector<std::string>& words,
             std::vector<CommandPlace>& found) {
  found.push_back({words, &command});
  for (const Command& each : command.commands) {
    std::vector<std::string> below = words;
    below.push_back(each.name);
    collect(each, below, found);
  }
}

std::string names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  for (const Command& each : commands) names.push_back(each.name);
  return text::joined(names, " ");
}

// What may stand after a command: its options, the program's, and the commands or choices below.
std::string words_of(const Command& program, const Command& command) {
  std::vector<std::string> words;
  std::set<std::string> seen;
  for (const Command* each : {&command, &program}) {
    for (const Option& option : each->options) {
      for (const std::string& name : option.names) {
        if (seen.insert(name).second) words.push_back(name);
      }
    }
  }
  if (!command.commands.empty()) words.push_back(names_of(command.commands));
  for (const Option& argument : command.arguments) {
    for (const std::string& choice : argument.choices) words.push_back(choice);
  }
  return text::joined(words, " ");
}

// Patterns of `case`: the options that take a value, by what that is.
struct ValueCases {
  std::set<std::string> with_value;
  std::string lines;
};

ValueCases value_cases(const std::vector<CommandPlace>& all) {
  ValueCases cases;
  for (const CommandPlace& place : all) {
    const std::string path = text::joined(place.words, " ");
    for (const Option& option : place.command->options) {
      if (option.value.empty()) continue;
      cases.with_value.insert(option.names.begin(), option.names.end());
      std::string patterns;
      for (const std::string& name : option.names) {
        patterns += patterns.empty() ? "" : " | ";
        patterns += place.words.empty() ? "*:" + name : "\"" + path + "\":" + name;
      }
      std::string action = "return";
      if (const std::string table = named_in(option); !table.empty()) {
        action = "_nexus_mirror_names \"$1\" " + table;
      }
      if (takes_file(option)) {
        action = "compopt -o filenames && COMPREPLY=($(compgen -f -- \"$cur\"))";
      }
      if (!option.choices.empty()) {
        action =
            "COMPREPLY=($(compgen -W '" + text::joined(option.choices, " ") + "' -- \"$cur\"))";
      }
      cases.lines += "    " + patterns + ")\n      " + action + "\n" +
                     (action == "return" ? "" : "      return\n") + "      ;;\n";
    }
  }
  return cases;
}

// Of a word that is begun in quotes readline replaces what is behind the quote, of another one all;
// what stands there is as it was typed.
std::string names_function() {
  return R"bash(# Offers the names that table $2 of the mirror has; $1 is the program as it was typed.
_nexus_mirror_names() {
  local i word name quote='' begun=$cur config=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    [[ ${COMP_WORDS[i]} == --config ]] || continue
    word=${COMP_WORDS[i+1]}
    [[ $word == = ]] && word=${COMP_WORDS[i+2]}
    word=${word//[\'\"\\]/}
    config=(--config "${word/#\~\//$HOME/}")
  done
  case $begun in
    [\'\"]*) quote=${begun:0:1} begun=${begun:1} ;;
    *) begun=${begun//\\/} ;;
  esac
  local program=("${1/#\~\//$HOME/}")
  type -P timeout >/dev/null && program=(timeout 2 "${program[@]}")
  while IFS= read -r name; do
    [[ $name == "$begun"* ]] || continue
    case $quote in
      \') name=$(sed "s/'/'\\\\''/g" <<<"$name") ;;
      \") name=$(sed 's/[\\"$`]/\\&/g' <<<"$name") ;;
      *)
        # readline takes the last two for the end of a word, too.
        name=$(printf %q "$name" | sed 's/[:=]/\\&/g')
        ;;
    esac
    COMPREPLY+=("$name")
  done < <("${program[@]}" "${config[@]}" )bash" +
         names_query("$2") + ")\n}\n";
}

}  // namespace

std::vector<CommandPlace> places(const Command& program) {
  std::vector<CommandPlace> found;
  collect(program, {}, found);
  return found;
}

std::string named_in(const Option& option) {
  if (!option.value.starts_with("NAME|ID") || option.names.empty()) return {};
  return option.names.front() == "--workspace" ? "workspaces" : "projects";
}

std::string names_query(const std::string& table) {
  // What CSV puts in quotes begins with one. A name of two lines is none that can be typed.
  return "query --format csv \"SELECT DISTINCT name FROM " + table +
         " WHERE instr(name, char(10)) = 0 ORDER BY name\" 2>/dev/null </dev/null |\n"
         "    sed -e 1d -e '/^\"/{s/^\"//;s/\"$//;s/\"\"/\"/g;}'";
}

bool takes_file(const Option& option) { return option.value == "FILE"; }

std::string brief(const std::string& meaning) {
  return meaning.substr(0, std::min(meaning.find("; "), meaning.find(": ")));
}

std::string bash_completion(const Command& program) {
  const auto all = places(program);
  const ValueCases values = value_cases(all);
  std::string parents, words;
  for (const CommandPlace& place : all) {
    const std::string path = text::joined(place.words, " ");
    if (!place.command->commands.empty()) {
      for (const Command& each : place.command->commands) {
        const std::string below = path.empty() ? each.name : path + " " + each.name;
        parents += (parents.empty() ? "\"" : " | \"") + below + "\"";
      }
    }
    words += "    \"" + path + "\") words='" + words_of(program, *place.command) + "' ;;\n";
  }
  return "# bash completion for nexus-mirror\n" + names_function() +
         "_nexus_mirror() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command='' words='' word i\n"
         "  COMPREPLY=()\n"
         "  # --format=json is three words to readline.\n"
         "  if [[ $cur == = ]]; then\n"
         "    cur=''\n"
         "  elif [[ $prev == = ]]; then\n"
         "    prev=${COMP_WORDS[COMP_CWORD-2]}\n"
         "  fi\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    case $word in\n"
         "      " +
         text::joined(values.with_value, " | ") +
         ")\n"
         "        [[ ${COMP_WORDS[i+1]} == = ]] && ((++i))\n"
         "        ((++i))\n"
         "        continue\n"
         "        ;;\n"
         "    esac\n"
         "    case ${command:+$command }$word in\n"
         "      " +
         parents +
         ")\n"
         "        command=${command:+$command }$word\n"
         "        ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command:$prev in\n" +
         values.lines +
         "  esac\n"
         "  case $command in\n" +
         words +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _nexus_mirror nexus-mirror\n";
}

}  // namespace nexus_mirror::docs
