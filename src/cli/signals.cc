#include "cli/signals.h"

#include <pthread.h>

#include <cstdlib>

#include "env/thread.h"

namespace nexus_mirror::cli {

SignalWatcher::SignalWatcher() {
  ::sigemptyset(&watched_);
  ::sigaddset(&watched_, SIGINT);
  ::sigaddset(&watched_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  try {
    thread_ = start_thread("waits for signals", [this] { watch(); });
  } catch (const Error&) {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw;
  }
}

SignalWatcher::~SignalWatcher() {
  ending_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatcher::watch() {
  int signal = 0;
  while (::sigwait(&watched_, &signal) == 0) {
    if (ending_) return;
    if (!stop_.request_stop()) std::_Exit(128 + signal);
  }
}

}  // namespace nexus_mirror::cli
