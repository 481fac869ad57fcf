// The definitions of the commands that set a mirror up and look at how it is set up: config,
// doctor.
#pragma once

namespace CLI {
class App;
}

namespace nexus_mirror::cli {

struct Invocation;

void add_setup_commands(CLI::App& app, Invocation& invocation);

}  // namespace nexus_mirror::cli
