// So many requests in so many seconds, counted in windows that follow one another.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace nexus_mirror::emulator {

struct RateLimitOptions {
  std::uint32_t requests = 0;  // 0 = no limit
  std::uint32_t seconds = 1;
};

// Reads "N" (per second) or "N/S" (per S seconds). Throws Error(usage).
RateLimitOptions parse_rate_limit(const std::string& text);

// Any thread may call any method.
class RateLimit {
 public:
  explicit RateLimit(RateLimitOptions options) : options_(options) {}

  // Counts a request at `now_ms` (never going back). Returns 0 when it may pass, else the whole
  // seconds until the next window, at least 1.
  std::int64_t take(std::int64_t now_ms);

 private:
  const RateLimitOptions options_;
  std::mutex mutex_;
  std::int64_t window_start_ = INT64_MIN / 2;  // guarded by mutex_
  std::uint32_t taken_ = 0;                    // guarded by mutex_
};

}  // namespace nexus_mirror::emulator
