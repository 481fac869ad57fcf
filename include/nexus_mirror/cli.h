// The program `nexus-mirror`.
#pragma once

namespace nexus_mirror {

// Runs one command line and returns the process's exit status (ExitCode). Called once, from main.
int run_command_line(int argc, char** argv);

}  // namespace nexus_mirror
