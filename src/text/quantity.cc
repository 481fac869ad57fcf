#include "text/quantity.h"

#include <array>
#include <span>

#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::text {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first.
constexpr std::array<Unit, 6> kDurations = {{{"w", 604'800'000},
                                             {"d", 86'400'000},
                                             {"h", 3'600'000},
                                             {"m", 60'000},
                                             {"s", 1'000},
                                             {"ms", 1}}};
constexpr std::array<Unit, 9> kSizes = {{{"TiB", 1LL << 40},
                                         {"GiB", 1LL << 30},
                                         {"MiB", 1LL << 20},
                                         {"KiB", 1LL << 10},
                                         {"TB", 1'000'000'000'000},
                                         {"GB", 1'000'000'000},
                                         {"MB", 1'000'000},
                                         {"kB", 1'000},
                                         {"B", 1}}};
constexpr auto kFromDays = std::span(kDurations).subspan(1);  // weeks are read, not written
constexpr auto kBinarySizes = std::span(kSizes).first(4);

std::optional<std::int64_t> take_count(std::string_view& text) {
  if (text.starts_with('-')) return std::nullopt;
  return take_number<std::int64_t>(text);
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && !is_digit(text[length])) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  auto unit = kDurations.begin();
  while (!text.empty()) {
    const auto number = take_count(text);
    if (!number) return std::nullopt;
    const std::string_view name = take_letters(text);
    while (unit != kDurations.end() && unit->name != name) ++unit;
    if (unit == kDurations.end()) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(*number, (unit++)->factor, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
  }
  return std::chrono::milliseconds(total);
}

std::string exact_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0";
  for (const Unit& unit : kFromDays) {
    if (ms % unit.factor == 0) return std::to_string(ms / unit.factor).append(unit.name);
  }
  return {};  // the last unit says anything
}

std::string rough_duration(std::chrono::milliseconds duration) {
  constexpr std::size_t kSeconds = 3;
  const std::int64_t ms = duration.count();
  if (ms < kFromDays[kSeconds].factor) return "0s";
  std::size_t unit = 0;
  while (ms < kFromDays[unit].factor) ++unit;
  const auto amount = [&](std::size_t at, std::int64_t of) {
    return std::to_string(of / kFromDays[at].factor).append(kFromDays[at].name);
  };
  std::string text = amount(unit, ms);
  const std::int64_t rest = ms % kFromDays[unit].factor;
  if (unit == kSeconds || rest < kFromDays[unit + 1].factor) return text;
  return text + " " + amount(unit + 1, rest);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto number = take_count(text);
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  for (const Unit& unit : kSizes) {
    if (!equal_ignoring_case(unit.name, text)) continue;
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(*number, unit.factor, &bytes)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

std::string exact_size(std::int64_t bytes) {
  for (const Unit& unit : kBinarySizes) {
    if (bytes > 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor).append(unit.name);
    }
  }
  return std::to_string(bytes);
}

std::string rough_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  std::size_t at = kBinarySizes.size() - 1;
  while (at > 0 && bytes >= static_cast<std::uint64_t>(kBinarySizes[at - 1].factor)) --at;
  const Unit& unit = kBinarySizes[at];
  const auto tenths = static_cast<std::uint64_t>(
      static_cast<double>(bytes) / static_cast<double>(unit.factor) * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " +
         std::string(unit.name);
}

std::optional<unsigned> parse_mode(std::string_view text) {
  if (text.size() < 3 || text.size() > 4) return std::nullopt;
  return parse_number<unsigned>(text, 8);
}

std::string exact_mode(unsigned mode) {
  std::string octal;
  append_number(octal, mode, 8);
  return std::string(octal.size() < 4 ? 4 - octal.size() : 0, '0') + octal;
}

}  // namespace nexus_mirror::text
