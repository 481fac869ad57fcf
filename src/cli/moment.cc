#include "cli/moment.h"

#include <array>
#include <chrono>
#include <cstdio>

#include "text/ascii.h"
#include "text/number.h"
#include "text/quantity.h"

namespace nexus_mirror::cli {
namespace {

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;
constexpr std::int64_t kFirstMoment = 1'000'000'000;  // smaller numbers are ids of syncs

// Takes exactly `count` digits from the start of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!text::is_digit(text[i])) return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction of a second after the point, in milliseconds; further digits are cut.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  std::int64_t milliseconds = 0, unit = 100;
  if (text.empty() || !text::is_digit(text.front())) return std::nullopt;
  while (!text.empty() && text::is_digit(text.front())) {
    milliseconds += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return milliseconds;
}

// "Z", "+01:00", "-0530" or nothing: milliseconds east of UTC.
std::optional<std::int64_t> take_zone(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const bool west = take(text, '-');
  if (!west && !take(text, '+')) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23) return std::nullopt;
  take(text, ':');
  const auto minutes = text.empty() ? std::optional<int>(0) : take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset = *hours * kHour + *minutes * kMinute;
  return west ? -offset : offset;
}

std::optional<std::int64_t> take_time_of_day(std::string_view& text) {
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  std::int64_t milliseconds = *hours * kHour + *minutes * kMinute;
  if (!take(text, ':')) return milliseconds;
  const auto seconds = take_digits(text, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  milliseconds += *seconds * kSecond;
  if (!take(text, '.')) return milliseconds;
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  return milliseconds + *fraction;
}

std::optional<std::int64_t> calendar_moment(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_digits(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_digits(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_digits(text, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t midnight = sys_days(date).time_since_epoch().count() * kDay;
  if (text.empty()) return midnight;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto time = take_time_of_day(text);
  if (!time) return std::nullopt;
  const auto zone = take_zone(text);
  if (!zone || !text.empty()) return std::nullopt;
  return midnight + *time - *zone;
}

}  // namespace

std::optional<Since> parse_since(std::string_view text, std::int64_t now_ms) {
  if (text.empty() || !text::is_digit(text.front())) return std::nullopt;
  if (const auto number = text::parse_number<std::int64_t>(text)) {
    return Since{*number < kFirstMoment ? Since::Kind::sync : Since::Kind::moment, *number};
  }
  if (const auto duration = text::parse_duration(text)) {
    return Since{Since::Kind::moment, now_ms - duration->count()};
  }
  if (const auto moment = calendar_moment(text)) return Since{Since::Kind::moment, *moment};
  return std::nullopt;
}

std::string format_moment(std::int64_t unix_ms) {
  using namespace std::chrono;
  constexpr std::int64_t kYear1 = -62'135'596'800'000, kYear10000 = 253'402'300'800'000;
  if (unix_ms < kYear1 || unix_ms >= kYear10000) return std::to_string(unix_ms);
  const sys_time<milliseconds> moment{milliseconds(unix_ms)};
  const auto midnight = floor<days>(moment);
  const year_month_day date(midnight);
  const hh_mm_ss time(floor<seconds>(moment - midnight));
  std::array<char, 32> buffer;
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02u %02d:%02d:%02d",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return buffer.data();
}

}  // namespace nexus_mirror::cli
