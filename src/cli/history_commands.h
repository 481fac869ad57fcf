// The commands that ask what the mirror holds, held, and what changed.
#pragma once

namespace CLI {
class App;
}

namespace nexus_mirror::cli {

struct Invocation;

// Adds query, changes, diff and lineage.
void add_history_commands(CLI::App& app, Invocation& invocation);

}  // namespace nexus_mirror::cli
