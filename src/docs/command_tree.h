// The command line as plain values, walked from the definition that parses it.
#pragma once

#include <string>
#include <vector>

namespace nexus_mirror::docs {

struct Option {
  std::vector<std::string> names;    // "--format"; empty for an argument without a name
  std::string value;                 // "FILE", "table|csv"; empty: a flag
  std::vector<std::string> choices;  // what the value may be, when it is one of a few words
  std::string meaning;
  std::string default_value;  // empty: none to speak of
  bool required = false;
};

// A titled part of the help below the options: "Examples", "Exit status".
struct Note {
  std::string title;
  std::vector<std::string> lines;  // without the indentation that all have
};

struct Command {
  std::string name;  // "sync"; of the program itself "nexus-mirror"
  std::string meaning;
  std::vector<Option> options;    // --help among them
  std::vector<Option> arguments;  // those without a name, in order
  std::vector<Note> notes;
  std::vector<Command> commands;
};

// The program with all its commands.
Command command_tree();

}  // namespace nexus_mirror::docs
