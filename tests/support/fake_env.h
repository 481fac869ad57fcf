// The world of a test: time passes only in sleep(), and chance is what the test says.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

#include "nexus_mirror/env.h"

namespace nexus_mirror::testing {

// The moment at which time begins, and before which the rows of HandMadeMirror were written:
// 2026-01-31 12:00:00 UTC.
constexpr std::int64_t kNoon = 1769860800000;

// Any thread may sleep and ask; the members are set before threads start, or in on_sleep.
class FakeEnv final : public Env {
 public:
  explicit FakeEnv(std::int64_t start_ms = kNoon) : start(start_ms) {}

  std::int64_t now_ms() override { return start + clock; }
  std::int64_t monotonic_ms() override { return clock; }
  bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    {
      const std::lock_guard lock(mutex_);
      sleeps_.push_back(duration.count());
    }
    if (on_sleep) on_sleep();
    if (stop.stop_requested()) return false;
    if (!stands_still) clock += duration.count();
    return true;
  }
  double random() override { return chance; }

  // What was asked of sleep(), in ms, in its order.
  std::vector<std::int64_t> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

  std::atomic<std::int64_t> start;  // UNIX ms at which clock is 0; a test may set the clock by it
  std::atomic<std::int64_t> clock = 0;  // ms
  double chance = 0.5;
  bool stands_still = false;  // sleeps take no time
  std::function<void()> on_sleep;

 private:
  mutable std::mutex mutex_;
  std::vector<std::int64_t> sleeps_;  // guarded by mutex_
};

}  // namespace nexus_mirror::testing
