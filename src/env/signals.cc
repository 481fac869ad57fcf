#include "env/signals.h"

#include <pthread.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "env/thread.h"

namespace nexus_mirror::env {
namespace {

constexpr int kHeld[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
std::optional<sigset_t> held_before;  // main()'s thread alone

// This thread's mask as it was before any were held.
sigset_t mask_before_all() {
  sigset_t mask;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  if (!held_before) return mask;
  for (const int signal : kHeld) {
    if (::sigismember(&*held_before, signal) == 0) ::sigdelset(&mask, signal);
  }
  return mask;
}

}  // namespace

void signals_are_held(const sigset_t& before) { held_before = before; }

void release_held_signals() {
  if (!held_before) return;
  const sigset_t mask = mask_before_all();
  held_before.reset();
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

Signals::Signals(std::initializer_list<int> others) {
  ::sigemptyset(&watched_);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaddset(&watched_, signal);
  for (const int signal : others) ::sigaddset(&watched_, signal);
  before_ = mask_before_all();
  sigset_t mask = before_;
  for (int signal = 1; signal < NSIG; ++signal) {
    if (::sigismember(&watched_, signal) == 1) ::sigaddset(&mask, signal);
  }
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  held_before.reset();
}

Signals::~Signals() {
  close();
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Signals::listen(Handler handler) {
  handler_ = std::move(handler);
  const timespec at_once{};
  for (int signal = 0; (signal = ::sigtimedwait(&watched_, nullptr, &at_once)) > 0;) tell(signal);
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
    tell(signal);
  }
}

void Signals::tell(int signal) {
  const bool ends = signal == SIGINT || signal == SIGTERM;
  if (ends && stop_.stop_requested()) std::_Exit(128 + signal);
  if (handler_) handler_(signal);  // before the stop, which may end what it speaks to
  if (ends) stop_.request_stop();
}

}  // namespace nexus_mirror::env
