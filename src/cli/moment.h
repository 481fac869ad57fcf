// Moments as people write and read them. Everything is UTC; the time of now is
// given, never asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::cli {

// The point after which `changes` lists: a moment, or a sync.
struct Since {
  enum class Kind { moment, sync } kind = Kind::moment;
  std::int64_t value = 0;  // UNIX milliseconds, or syncs.id
};

// Reads "2026-01-31", "2026-01-31T10:00[:00[.5]][Z|+01:00]" (UTC when no zone is given; a blank
// instead of the T is fine), "2h", "7d" (that long before `now_ms`; text::parse_duration()), a
// number below 10^9 (a sync's id) or another number (UNIX milliseconds). nullopt for anything else.
std::optional<Since> parse_since(std::string_view text, std::int64_t now_ms);

// "2026-01-31 10:00:05"; the number itself where the year would not be within 1..9999.
std::string format_moment(std::int64_t unix_ms);

}  // namespace nexus_mirror::cli
