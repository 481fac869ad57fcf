// The commands that see to what is beside the data: what is not to be there, who is told.
#pragma once

namespace CLI {
class App;
}

namespace nexus_mirror::cli {

struct Invocation;

// Adds forget, compact and hooks.
void add_upkeep_commands(CLI::App& app, Invocation& invocation);

}  // namespace nexus_mirror::cli
