// SIGINT and SIGTERM as a request to stop.
#pragma once

#include <signal.h>

#include <atomic>
#include <stop_token>
#include <thread>

namespace nexus_mirror::cli {

// While it lives, the first SIGINT or SIGTERM requests a stop and a second one ends the process at
// once. Works through a thread of its own in sigwait(), so it must be made before any other thread
// is started (they inherit the blocked signals); a child process should unblock them. One at a
// time; made and destroyed by the same thread.
class SignalWatcher {
 public:
  SignalWatcher();  // throws Error(mirror) when no thread is left
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  std::stop_token stop_token() const { return stop_.get_token(); }  // any thread

 private:
  void watch();

  sigset_t watched_;  // constant after construction
  sigset_t before_;   // the creating thread's mask
  std::stop_source stop_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace nexus_mirror::cli
