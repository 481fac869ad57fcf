// How long to wait before something that failed is tried again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace nexus_mirror::env {

// A plan of waits; whoever tries again says its figures in one line. Pure: any thread.
struct Backoff {
  std::int64_t first_ms = 0;  // the wait after the first failure, never negative
  std::int64_t most_ms = std::numeric_limits<std::int64_t>::max();  // no wait is longer
  int growth = 2;       // each wait is so many times the one before; 1 = all alike
  double chance = 0.5;  // the share of a wait that is by chance: 0.5 = from half of it to all of it
  int tries = std::numeric_limits<int>::max();  // after the first: 0 = never again

  // Whether to try again after the nth failure in a row (n >= 1).
  bool again(int failures) const { return failures <= tries; }

  // The wait after the nth failure in a row (n >= 1), in ms. `random` is in [0, 1).
  std::int64_t wait_ms(int failures, double random) const {
    std::int64_t wait = std::min(first_ms, most_ms);
    for (int i = 1; i < failures && growth > 1 && 0 < wait && wait < most_ms; ++i) {
      wait = wait > most_ms / growth ? most_ms : wait * growth;
    }
    const auto least = static_cast<std::int64_t>(static_cast<double>(wait) * (1 - chance));
    return least + static_cast<std::int64_t>(static_cast<double>(wait - least) * random);
  }
};

}  // namespace nexus_mirror::env
