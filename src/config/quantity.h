// Durations, sizes and permission bits as text: "1h30m", "64MiB", "0640". Locale-independent.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::config {

// Whole numbers with the units d h m s ms, each at most once, largest first; "0" needs no unit.
// nullopt when `text` is none or does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The largest single unit that says it exactly; parse_duration() reads it back.
std::string format_duration(std::chrono::milliseconds duration);

// A whole number of bytes with B, KiB, MiB, GiB, TiB (1024) or kB, MB, GB, TB (1000), in any letter
// case, or without a unit. nullopt when `text` is none or does not fit.
std::optional<std::int64_t> parse_size(std::string_view text);

// In the largest binary unit that says it exactly; parse_size() reads it back.
std::string format_size(std::int64_t bytes);

// Octal permission bits, "0640" or "640"; nullopt when `text` is none.
std::optional<unsigned> parse_mode(std::string_view text);
std::string format_mode(unsigned mode);

}  // namespace nexus_mirror::config
