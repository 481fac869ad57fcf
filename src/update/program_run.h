// One run of a program that the user named, in a process group of its own.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_mirror/env.h"

namespace nexus_mirror::update {

struct Program {
  std::vector<std::string> argv;         // argv[0] is looked for in $PATH when it has no '/'
  std::vector<std::string> environment;  // "NAME=VALUE", all of it
  std::string input;                     // its stdin
  std::chrono::milliseconds timeout{60000};
  std::size_t most_output = 64 << 10;  // bytes of stdout and stderr together; more is dropped
  // Told each line that it prints, without the line break; long ones in parts.
  std::function<void(std::string_view line)> on_line;
};

struct Ending {
  enum class How {
    exited,     // by itself, or by a signal of somebody else's
    timed_out,  // it was stopped at the time limit
    stopped,    // it was stopped because this process is to stop
    not_started,
  };
  How how = How::exited;
  // What went wrong, for people: "exit status 3", "killed by signal 9", "no end within 60 s, so it
  // was stopped", "it cannot be started: No such file or directory"; empty = exit status 0.
  std::string problem;
};

// Runs `program` to its end, without a shell: no signal blocked or ignored, no descriptor but the
// first three. At the time limit, or when `stop` is requested, its process group gets SIGTERM and
// two seconds later SIGKILL. A process that it leaves behind in a clean end is left alone. Throws
// Error(machine) when a pipe cannot be made.
Ending run_program(const Program& program, Env& env, const std::stop_token& stop);

}  // namespace nexus_mirror::update
