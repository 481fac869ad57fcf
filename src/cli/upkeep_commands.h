// The commands that take from the mirror what is not to be there.
#pragma once

namespace CLI {
class App;
}

namespace nexus_mirror::cli {

struct Invocation;

// Adds forget and compact.
void add_upkeep_commands(CLI::App& app, Invocation& invocation);

}  // namespace nexus_mirror::cli
