// Durations, sizes and permission bits as text, from one list of units each. What is called exact
// reads back as the same; what is called rough is for people alone. Locale-independent; any thread
// may call anything.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Whole numbers with the units w d h m s ms, each at most once, largest first: "1h30m"; "0" needs
// no unit. nullopt when `text` is none or does not fit.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The largest single unit from days on that says it exactly: "90m".
std::string exact_duration(std::chrono::milliseconds duration);

// The two largest units, the rest cut: "45s", "3m 20s", "2h 5m", "3d 4h". "0s" when it is negative.
std::string rough_duration(std::chrono::milliseconds duration);

// A whole number of bytes with B, KiB, MiB, GiB, TiB (1024) or kB, MB, GB, TB (1000), in any letter
// case, or without a unit: "64MiB". nullopt when `text` is none or does not fit.
std::optional<std::int64_t> parse_size(std::string_view text);

// In the largest binary unit that says it exactly: "64MiB", "1000".
std::string exact_size(std::int64_t bytes);

// In the largest binary unit, to a tenth: "512 B", "1.5 MiB".
std::string rough_size(std::uint64_t bytes);

// Octal permission bits, "0640" or "640"; nullopt when `text` is none.
std::optional<unsigned> parse_mode(std::string_view text);
std::string exact_mode(unsigned mode);

}  // namespace nexus_mirror::text
