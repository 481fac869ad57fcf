#include "text/moment.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace nexus_mirror::text {
namespace {

constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs;

// Milliseconds that the zone's clocks are ahead of UTC.
std::int64_t offset_at(std::int64_t unix_ms, Zone zone) {
  if (zone == Zone::utc) return 0;
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(unix_ms)).count();
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return 0;  // a year that no calendar has
  return std::int64_t{local.tm_gmtoff} * 1000;
}

std::string zone_text(std::int64_t offset, Zone zone) {
  if (zone == Zone::utc) return "UTC";
  const std::int64_t minutes = std::llabs(offset) / kMinuteMs;
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%c%02d:%02d", offset < 0 ? '-' : '+',
                static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text.data();
}

struct Parts {
  bool date, seconds;
};

std::string written(std::int64_t unix_ms, Zone zone, Parts parts) {
  using namespace std::chrono;
  constexpr std::int64_t kYear1 = -62'135'596'800'000, kYear10000 = 253'402'300'800'000;
  const std::int64_t offset = offset_at(unix_ms, zone);
  // No offset is a day or more, so the sum is only formed where it is far from any limit.
  constexpr std::int64_t kDayMs = 24 * kHourMs;
  if (unix_ms < kYear1 - kDayMs || unix_ms > kYear10000 + kDayMs || unix_ms + offset < kYear1 ||
      unix_ms + offset >= kYear10000) {
    return std::to_string(unix_ms);
  }
  const sys_time<milliseconds> wall{milliseconds(unix_ms + offset)};
  const auto midnight = floor<days>(wall);
  const year_month_day date(midnight);
  const hh_mm_ss time(floor<seconds>(wall - midnight));
  std::array<char, 64> text;
  std::string all;
  if (parts.date) {
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    all = text.data();
  }
  std::snprintf(text.data(), text.size(), parts.seconds ? "%02d:%02d:%02d " : "%02d:%02d ",
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return all.append(text.data()).append(zone_text(offset, zone));
}

}  // namespace

std::int64_t wall_clock(std::int64_t unix_ms, Zone zone) {
  return unix_ms + offset_at(unix_ms, zone);
}

std::int64_t moment_of_wall_clock(std::int64_t wall_ms, Zone zone) {
  // Clocks are at most 14 hours from UTC: around the moment that is looked for, whatever it is.
  constexpr std::int64_t kAroundMs = 26 * kHourMs;
  const std::int64_t before = offset_at(wall_ms - kAroundMs, zone);
  const std::int64_t after = offset_at(wall_ms + kAroundMs, zone);
  for (const std::int64_t offset : {before, after}) {
    if (offset_at(wall_ms - offset, zone) == offset) return wall_ms - offset;
  }
  return wall_ms - before;
}

std::string moment_text(std::int64_t unix_ms, Zone zone) {
  return written(unix_ms, zone, {true, true});
}

std::string minute_text(std::int64_t unix_ms, Zone zone) {
  return written(unix_ms, zone, {true, false});
}

std::string clock_text(std::int64_t unix_ms, Zone zone) {
  return written(unix_ms, zone, {false, true});
}

}  // namespace nexus_mirror::text
