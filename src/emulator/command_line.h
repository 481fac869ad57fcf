// The command line of nexus-emulator.
#pragma once

#include <iosfwd>
#include <optional>

#include "emulator/server.h"

namespace nexus_mirror::emulator {

// Reads the arguments and $NEXUS_SECRET_KEY. Prints what --help and --version ask for to `out` and
// returns nullopt then. Throws Error(usage) for a command line that makes no sense.
std::optional<ServerOptions> read_command_line(int argc, const char* const* argv,
                                               std::ostream& out);

}  // namespace nexus_mirror::emulator
