#include "support/read_back.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "support/places.h"

namespace nexus_mirror::testing {

Script run_script(const std::string& name, const std::vector<std::string>& arguments) {
  // No __pycache__ in the source tree, which a test may find read-only.
  std::string command =
      std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
  command += " -B '" + in_source("tests/read_back/" + name) + "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  command += " 2>&1";
  Script script;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell");
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    script.output.append(buffer.data(), count);
  }
  const int status = ::pclose(pipe);
  script.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return script;
}

}  // namespace nexus_mirror::testing
