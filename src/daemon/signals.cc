#include "daemon/signals.h"

#include <pthread.h>

#include <cstdlib>
#include <utility>

#include "env/thread.h"
#include "log/guard.h"

namespace nexus_mirror::daemon {

Signals::Signals() {
  ::sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::sigaddset(&watched_, signal);
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
}

Signals::~Signals() {
  close();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::listen(Handlers handlers) {
  handlers_ = std::move(handlers);
  thread_ = start_thread("waits for signals", [this] { watch(); });
}

void Signals::close() {
  ending_ = true;
  if (!thread_.joinable()) return;
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void Signals::watch() {
  int signal = 0;
  while (::sigwait(&watched_, &signal) == 0) {
    if (ending_) return;
    if (signal == SIGHUP) {
      log::guard("reloading", "the configuration", handlers_.reload);
    } else if (signal == SIGUSR1) {
      log::guard("beginning", "a sync", handlers_.sync_now);
    } else if (stop_.request_stop()) {
      log::guard("stopping", "the daemon", handlers_.stopping);
    } else {
      std::_Exit(128 + signal);
    }
  }
}

}  // namespace nexus_mirror::daemon
