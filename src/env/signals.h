// The signals that a program listens to, from its first moment on.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <initializer_list>
#include <stop_token>
#include <thread>

namespace nexus_mirror::env {

// SIGINT, SIGTERM, SIGHUP and SIGUSR1 were blocked before main() began; `before` are those of them
// that whoever started the program had blocked. A Signals takes them over. Once, by main().
void signals_are_held(const sigset_t& before);
// Nobody is going to listen: those that wait come, and do what they do. Does nothing where none are
// held.
void release_held_signals();

// While it lives, SIGINT, SIGTERM and the others that it was made for reach no thread; once it
// listens, the first SIGINT or SIGTERM requests a stop and a second one ends the process at once
// with the status 128 + its number. Those that come before it listens wait for it.
//
// Works through a thread in sigwait(), so it must be made before any other thread is started (they
// inherit the blocked signals); a child process should unblock them. One at a time; made, told to
// listen and destroyed by the same thread.
class Signals {
 public:
  // Called on the thread that listens, one call after the other, and by listen() itself with what
  // came before it: with SIGINT or SIGTERM once, just before the stop is requested, with each of
  // the others as often as it comes. Throws nothing.
  using Handler = std::function<void(int signal)>;

  explicit Signals(std::initializer_list<int> others = {});
  ~Signals();  // and the signals reach the threads that they did before
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Once. A stop that came before it is requested when it returns, so that nothing begins that was
  // not to begin. Throws Error(machine) when no thread is left.
  void listen(Handler handler = {});
  void close();  // after it `handler` is not called; listen() may not follow

  std::stop_token stop_token() const { return stop_.get_token(); }  // any thread

 private:
  void watch();
  void tell(int signal);

  sigset_t watched_;  // constant after construction
  sigset_t before_;   // the creating thread's mask
  Handler handler_;   // constant once the thread runs
  std::stop_source stop_;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace nexus_mirror::env
