// `nexus-mirror doctor`: what is wrong with the way a mirror is set up, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/doctor_topics.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct DoctorOptions {
  bool json = false;
};

// Prints a line a topic; partial when one is a fault. Throws Error: machine (root cannot go on as
// the service's user), interrupted.
ExitCode run_doctor(const DoctorOptions& options, CommandContext& context);

// A line as it is printed: on a terminal wrapped to its width, and whole elsewhere.
std::string text_of(const DoctorLine& line, const Terminal& terminal);

}  // namespace nexus_mirror::cli
