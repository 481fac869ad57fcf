// The program `nexus-emulator`: a Nexus to try and to test against.
#pragma once

namespace nexus_mirror {

// Runs the server until SIGINT or SIGTERM and returns the process's exit status: 0, or 2 for a
// command line that makes no sense, data that cannot be read or a port that is taken.
int run_emulator(int argc, char** argv);

}  // namespace nexus_mirror
