// The signals that the daemon listens to.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <stop_token>
#include <thread>

namespace nexus_mirror::daemon {

// While it lives, SIGTERM, SIGINT, SIGHUP and SIGUSR1 do what listen() was given, on a thread in
// sigwait(), one after the other; those that come before listen() wait for it. A second SIGTERM or
// SIGINT ends the process at once. Must be made before any other thread is started (they inherit
// the blocked signals). One at a time; made and destroyed by the same thread.
class Signals {
 public:
  struct Handlers {
    std::function<void()> stopping;  // the first SIGTERM or SIGINT; the stop was requested
    std::function<void()> reload;    // SIGHUP
    std::function<void()> sync_now;  // SIGUSR1
  };

  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Once; they may be called until the destructor returns. What one throws is logged. Throws
  // Error(mirror) when no thread is left.
  void listen(Handlers handlers);
  void close();  // after it none is called; listen() may not follow

  std::stop_token stop_token() const { return stop_.get_token(); }  // any thread

 private:
  void watch();

  sigset_t watched_;  // constant after construction
  sigset_t before_;   // the creating thread's mask
  Handlers handlers_;
  std::stop_source stop_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace nexus_mirror::daemon
