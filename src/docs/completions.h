// What a shell offers after `nexus-mirror` and TAB: commands, options, choices, files, and the
// names of projects and workspaces. For these alone a program runs while somebody types:
// `nexus-mirror query` on the mirror of the configuration that is typed already. No server is
// asked, and where there is no mirror nothing is offered.
#pragma once

#include <string>

#include "docs/command_tree.h"

namespace nexus_mirror::docs {

std::string bash_completion(const Command& program);
std::string zsh_completion(const Command& program);
std::string fish_completion(const Command& program);

// A command and the words that lead to it, without the program's name: {"config", "check"}.
struct CommandPlace {
  std::vector<std::string> words;
  const Command* command;
};

// The program first, then each command before those below it. They point into `program`.
std::vector<CommandPlace> places(const Command& program);

// "table|csv" is not needed where the choices are offered; files are for FILE.
bool takes_file(const Option& option);

// The table of the mirror whose names the value may be: "projects", "workspaces"; empty: none.
std::string named_in(const Option& option);

// The pipe that prints these names, a line each, behind the program and its configuration. `table`
// is as the shell writes it, its own variable. Quiet, and over in seconds whatever happens.
std::string names_query(const std::string& table);

// The first clause: what fits beside an option in a list.
std::string brief(const std::string& meaning);

}  // namespace nexus_mirror::docs
