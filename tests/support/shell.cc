#include "support/shell.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>

namespace nexus_mirror::testing {

ShellResult run_shell(const std::string& command) {
  ShellResult result;
  const std::string whole =
      "PATH=$PATH:/usr/sbin:/sbin; export PATH LC_ALL=C; exec 2>&1 </dev/null; " + command;
  std::FILE* pipe = popen(whole.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell: " + command);
  std::array<char, 4096> buffer;
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    result.output.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::string quoted(const std::string& word) {
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

bool has_program(const std::string& program) {
  return run_shell("command -v " + quoted(program)).status == 0;
}

}  // namespace nexus_mirror::testing
