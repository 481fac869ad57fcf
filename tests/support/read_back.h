// The scripts of tests/read_back, which read exports with code that shares nothing with the
// writers.
#pragma once

#include <string>
#include <vector>

namespace nexus_mirror::testing {

// Status of a script that found nothing wrong and could not read all: a module is not installed.
constexpr int kReadInPart = 77;

struct Script {
  int status = -1;
  std::string output;  // of both streams
};

// Runs tests/read_back/<name> with Debian's Python where it is, for that is the one with Debian's
// modules. Throws std::runtime_error when there is no shell.
Script run_script(const std::string& name, const std::vector<std::string>& arguments);

}  // namespace nexus_mirror::testing
