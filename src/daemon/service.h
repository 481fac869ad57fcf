// The daemon as a process: its locks, signals, watchdog and endpoint around the loop.
#pragma once

#include <functional>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"

namespace nexus_mirror::daemon {

// Runs until SIGTERM or SIGINT. `load` reads the configuration: now, and at each SIGHUP, then on
// another thread. Call it before any other thread is started. Throws Error for what is wrong at the
// start: config (also an address that cannot be listened on), busy (another daemon has this
// mirror), mirror.
void serve(const std::function<Config()>& load, Env& env);

}  // namespace nexus_mirror::daemon
