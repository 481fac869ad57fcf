#include "env/signals.h"

#include <pthread.h>

#include <cstdlib>
#include <utility>

#include "env/thread.h"

namespace nexus_mirror::env {

Signals::Signals(std::initializer_list<int> others) {
  ::sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&watched_, signal);
  for (const int signal : others) ::sigaddset(&watched_, signal);
  ::pthread_sigmask(SIG_BLOCK, &watched_, &before_);
}

Signals::~Signals() {
  close();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::listen(Handler handler) {
  handler_ = std::move(handler);
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
    const bool ends = signal == SIGINT || signal == SIGTERM;
    if (ends && !stop_.request_stop()) std::_Exit(128 + signal);
    if (handler_) handler_(signal);
  }
}

}  // namespace nexus_mirror::env
