// Whether a moment that somebody wrote down lies in the future: then a clock was wrong when it was
// written, or is now, and nothing follows from it.
#pragma once

#include <cstdint>

namespace nexus_mirror::text {

// Clocks are put right in small steps, and what was written just before one is no riddle.
inline constexpr std::int64_t kClockStepMs = 60'000;

// Both are UNIX milliseconds.
constexpr bool is_to_come(std::int64_t moment_ms, std::int64_t now_ms) {
  return moment_ms > now_ms + kClockStepMs;
}

}  // namespace nexus_mirror::text
