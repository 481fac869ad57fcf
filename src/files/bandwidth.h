// One token bucket for the bytes of all downloads (CONTRACT.md 8, [files] bandwidth).
#pragma once

#include <cstdint>
#include <mutex>
#include <stop_token>

#include "nexus_mirror/env.h"

namespace nexus_mirror::files {

// Any thread may call take().
class Bandwidth {
 public:
  // `bytes_per_second` of all together; 0 = no limit. `env` outlives it.
  Bandwidth(std::uint64_t bytes_per_second, Env& env);

  bool limited() const { return rate_ > 0; }

  // `bytes` have come: waits until as many were due, by Env::sleep. A quarter of a second's worth
  // may come at once. False once `stop` is requested.
  bool take(std::uint64_t bytes, const std::stop_token& stop);

 private:
  const double rate_;  // bytes a millisecond
  Env& env_;
  std::mutex mutex_;
  double due_ms_ =
      0;  // when what has come is due, on the clock that nobody sets; guarded by mutex_
};

}  // namespace nexus_mirror::files
