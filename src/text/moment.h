// Moments as people read them, and the clock on their wall: UTC, or the zone of this machine ($TZ,
// else /etc/localtime) with the rules of the C library. Moments are UNIX milliseconds; the time of
// now is given, never asked for. Any thread may call anything while nobody changes $TZ.
#pragma once

#include <cstdint>
#include <string>

namespace nexus_mirror::text {

enum class Zone { utc, local };

// What the zone's clocks show at `unix_ms`, as milliseconds since they showed 1970-01-01 00:00.
std::int64_t wall_clock(std::int64_t unix_ms, Zone zone);

// The moment at which they show `wall_ms`: of two (clocks are set back) the first; of none (clocks
// are set forward) the one that they would show if they had not been, so that the first moment of
// a day comes of its midnight.
std::int64_t moment_of_wall_clock(std::int64_t wall_ms, Zone zone);

// "2026-01-31 12:00:05 UTC", "2026-01-31 13:00:05 +01:00"; the same to the minute; the time of day
// alone, "12:00:05 UTC". A year that is not within 1..9999 makes it the number itself.
std::string moment_text(std::int64_t unix_ms, Zone zone);
std::string minute_text(std::int64_t unix_ms, Zone zone);
std::string clock_text(std::int64_t unix_ms, Zone zone);

}  // namespace nexus_mirror::text
