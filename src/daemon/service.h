// The daemon as a process: its locks, signals, watchdog and endpoint around the loop.
#pragma once

#include <functional>

#include "env/signals.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "text/moment.h"

namespace nexus_mirror::daemon {

// Runs until SIGTERM or SIGINT. `load` reads the configuration: now, and at each SIGHUP, then on
// another thread. Times that people are told are in `zone`. Call it before any other thread is
// started. Throws Error for what is wrong at the
// start: config (also an address that cannot be listened on), busy (another daemon has this
// mirror), machine.
void serve(const std::function<Config()>& load, Env& env, text::Zone zone);

struct SignalActions {
  std::function<void()> stopping;  // the first SIGTERM or SIGINT; the stop was requested
  std::function<void()> reload;    // SIGHUP
  std::function<void()> sync_now;  // SIGUSR1
};

// `actions` by their signals. What one throws is logged and goes no further.
env::Signals::Handler guarded(SignalActions actions);

}  // namespace nexus_mirror::daemon
