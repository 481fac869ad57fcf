// Whether the daemon's work moves: what the watchdog is fed by.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "nexus_mirror/env.h"

namespace nexus_mirror::daemon {

// Any thread may call any method.
class Progress {
 public:
  explicit Progress(Env& env) : env_(env), last_ms_(env.monotonic_ms()) {}

  // Something came: an answer, a page written.
  void moved() { raise(env_.monotonic_ms()); }
  // A wait that is meant begins; for so long nothing is to be expected.
  void waits(std::chrono::milliseconds at_most) { raise(env_.monotonic_ms() + at_most.count()); }
  // The wait is over, maybe sooner.
  void resumes() { last_ms_ = env_.monotonic_ms(); }

  // Milliseconds since something last moved; 0 during a wait that is meant.
  std::int64_t silent_ms() const {
    const std::int64_t silent = env_.monotonic_ms() - last_ms_;
    return silent > 0 ? silent : 0;
  }

 private:
  void raise(std::int64_t to) {
    std::int64_t last = last_ms_;
    while (last < to && !last_ms_.compare_exchange_weak(last, to)) {
    }
  }

  Env& env_;
  std::atomic<std::int64_t> last_ms_;  // monotonic; may lie ahead
};

}  // namespace nexus_mirror::daemon
