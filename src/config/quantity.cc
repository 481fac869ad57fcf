#include "config/quantity.h"

#include <array>
#include <cctype>
#include <charconv>

namespace nexus_mirror::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 9> size_units = {{{"tib", 1LL << 40},
                                             {"gib", 1LL << 30},
                                             {"mib", 1LL << 20},
                                             {"kib", 1LL << 10},
                                             {"tb", 1'000'000'000'000},
                                             {"gb", 1'000'000'000},
                                             {"mb", 1'000'000},
                                             {"kb", 1'000},
                                             {"b", 1}}};
constexpr std::array<std::string_view, 4> binary_names = {"TiB", "GiB", "MiB", "KiB"};

// Takes the digits at the start of `text` away.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [stop, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return number;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = take_letters(text);
    while (next_unit < duration_units.size() && duration_units[next_unit].name != name) ++next_unit;
    if (next_unit == duration_units.size()) return std::nullopt;
    std::int64_t part = 0;
    if (__builtin_mul_overflow(*number, duration_units[next_unit++].factor, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
  }
  return std::chrono::milliseconds(total);
}

std::string format_duration(std::chrono::milliseconds duration) {
  if (duration.count() == 0) return "0";
  for (const Unit& unit : duration_units) {
    if (duration.count() % unit.factor == 0) {
      return std::to_string(duration.count() / unit.factor).append(unit.name);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  const auto number = take_number(text);
  if (!number) return std::nullopt;
  if (text.empty()) return number;
  std::string name(text);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const Unit& unit : size_units) {
    if (unit.name != name) continue;
    std::int64_t bytes = 0;
    if (__builtin_mul_overflow(*number, unit.factor, &bytes)) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

std::string format_size(std::int64_t bytes) {
  for (std::size_t i = 0; i < binary_names.size() && bytes > 0; ++i) {
    if (bytes % size_units[i].factor == 0) {
      return std::to_string(bytes / size_units[i].factor).append(binary_names[i]);
    }
  }
  return std::to_string(bytes);
}

std::optional<unsigned> parse_mode(std::string_view text) {
  unsigned mode = 0;
  if (text.size() < 3 || text.size() > 4) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, mode, 8);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return mode;
}

std::string format_mode(unsigned mode) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), mode, 8).ptr;
  const std::string octal(digits.data(), end);
  return std::string(octal.size() < 4 ? 4 - octal.size() : 0, '0') + octal;
}

}  // namespace nexus_mirror::config
