// What a shell offers after `nexus-mirror` and TAB: commands, options, choices and files. Static:
// no program runs and no server is asked while somebody types.
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

// The first clause: what fits beside an option in a list.
std::string brief(const std::string& meaning);

}  // namespace nexus_mirror::docs
