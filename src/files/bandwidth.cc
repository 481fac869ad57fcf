#include "files/bandwidth.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace nexus_mirror::files {
namespace {

constexpr double kBurstMs = 250;

}  // namespace

Bandwidth::Bandwidth(std::uint64_t bytes_per_second, Env& env)
    : rate_(static_cast<double>(bytes_per_second) / 1000), env_(env) {}

bool Bandwidth::take(std::uint64_t bytes, const std::stop_token& stop) {
  if (!limited()) return !stop.stop_requested();
  double wait = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto now = static_cast<double>(env_.monotonic_ms());
    due_ms_ = std::max(due_ms_, now - kBurstMs) + static_cast<double>(bytes) / rate_;
    wait = due_ms_ - now;
  }
  if (wait <= 0) return !stop.stop_requested();
  return env_.sleep(std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(wait))), stop);
}

}  // namespace nexus_mirror::files
