// A clock that is wrong for a while.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "nexus_mirror/env.h"

namespace nexus_mirror::testing {

constexpr std::int64_t kHourMs = 3'600'000, kDayMs = 24 * kHourMs;

enum class Leap { hour_back, year_back, to_1970, stands_still, hour_on, year_on, age_on };
constexpr std::array kLeaps = {Leap::hour_back, Leap::year_back, Leap::to_1970, Leap::stands_still,
                               Leap::hour_on,   Leap::year_on,   Leap::age_on};

constexpr const char* name_of(Leap leap) {
  constexpr std::array kNames = {"an hour back", "400 days back", "to 1970",    "stands still",
                                 "an hour on",   "400 days on",   "50 years on"};
  return kNames[static_cast<std::size_t>(leap)];
}

// The world of another Env; of its wall clock the calls from the `first` on (from 1; 0 = none), so
// many of them, are wrong. Any thread may call any method.
class LeapingEnv final : public Env {
 public:
  LeapingEnv(Env& world, Leap leap, std::uint64_t first, std::uint64_t many)
      : world_(world), leap_(leap), first_(first), many_(many) {}

  std::int64_t now_ms() override {
    const std::uint64_t call = ++calls_;
    const std::int64_t now = world_.now_ms();
    if (first_ == 0 || call < first_ || call - first_ >= many_) return now;
    std::int64_t none = 0;
    began_.compare_exchange_strong(none, now);
    switch (leap_) {
      case Leap::hour_back:
        return now - kHourMs;
      case Leap::year_back:
        return now - 400 * kDayMs;
      case Leap::to_1970:
        return now - began_ + 1;
      case Leap::stands_still:
        return began_;
      case Leap::hour_on:
        return now + kHourMs;
      case Leap::year_on:
        return now + 400 * kDayMs;
      case Leap::age_on:
        return now + 50 * 365 * kDayMs;
    }
    return now;
  }
  std::int64_t monotonic_ms() override { return world_.monotonic_ms(); }
  bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    return world_.sleep(duration, stop);
  }
  double random() override { return world_.random(); }

  std::uint64_t calls() const { return calls_; }

 private:
  Env& world_;
  const Leap leap_;
  const std::uint64_t first_, many_;
  std::atomic<std::uint64_t> calls_ = 0;
  std::atomic<std::int64_t> began_ = 0;  // 0 = it has always been right
};

}  // namespace nexus_mirror::testing
