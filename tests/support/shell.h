// Commands of the system, for tests of what is installed.
#pragma once

#include <filesystem>
#include <string>

namespace nexus_mirror::testing {

struct ShellResult {
  int status = -1;     // 128 + number of the signal that ended it
  std::string output;  // stdout and stderr, as they came
};

// Runs `command` with sh. Words that may hold anything go through quoted().
ShellResult run_shell(const std::string& command);
std::string quoted(const std::string& word);

// Whether PATH, with /usr/sbin and /sbin, has `program`.
bool has_program(const std::string& program);

}  // namespace nexus_mirror::testing
