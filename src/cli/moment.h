// Moments of the mirror's life as people write them in an option: the one reader of them all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command_context.h"
#include "store/database.h"
#include "text/moment.h"

namespace nexus_mirror::cli {

// What was written, before it is held against a mirror.
struct WrittenMoment {
  enum class Form { moment, sync } form = Form::moment;
  std::int64_t value = 0;  // UNIX milliseconds, or syncs.id
};

// Reads, in `zone` where none is given:
// - "2026-01-31", "2026-01-31T10:00[:00[.5]]", a blank instead of the T, and behind them "Z",
//   "UTC", "+01:00", "-0530" or "+01", with or without a blank before it
// - "90s", "2h", "1h30m", "3d", "1w": so long before `now_ms` (text::parse_duration())
// - "yesterday", "monday" ... "sunday": when that day began; of the week's days the latest that has
//   begun, today among them
// - a number from 1 to below 10^9: a sync's id; another one: UNIX milliseconds
// Words in any letter case. nullopt for anything else.
std::optional<WrittenMoment> parse_moment(std::string_view text, std::int64_t now_ms,
                                          text::Zone zone);

struct Moment {
  std::int64_t ms = 0;               // UNIX milliseconds, never after now; of a sync its end
  std::optional<std::int64_t> sync;  // its id, when that is what was written
};

// Reads the value of `option` ("--since"). A time to come means now, which is told on stderr.
// Throws Error: usage (nothing of the above; a sync that the mirror does not have or that never
// ended, naming those beside it that did), and what Database throws.
Moment read_moment(std::string_view option, const std::string& text, store::Database& mirror,
                   const CommandContext& context);

}  // namespace nexus_mirror::cli
