#include "cli/moment.h"

#include <gtest/gtest.h>

#include "support/hand_made_mirror.h"
#include "support/local_zone.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::kNoon;  // 2026-01-31 12:00:00 UTC

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::int64_t kMidnight = kNoon - 12 * kHour;  // of a Saturday

using text::Zone;

void expect_moment(const char* text, std::int64_t unix_ms, Zone zone = Zone::utc,
                   std::int64_t now_ms = kNoon) {
  const auto written = parse_moment(text, now_ms, zone);
  ASSERT_TRUE(written) << text;
  EXPECT_EQ(written->form, WrittenMoment::Form::moment) << text;
  EXPECT_EQ(written->value, unix_ms) << text;
}

TEST(MomentTest, ReadsIsoDatesAndTimes) {
  expect_moment("2026-01-31", kMidnight);
  expect_moment("2026-01-31T12:00", kNoon);
  expect_moment("2026-01-31T12:00:00", kNoon);
  expect_moment("2026-01-31 12:00:00", kNoon);
  expect_moment("2026-01-31T12:00:00Z", kNoon);
  expect_moment("2026-01-31t12:00:00z", kNoon);
  expect_moment("2026-01-31T12:00:00.25Z", kNoon + 250);
  expect_moment("2026-01-31T12:00:00.123456Z", kNoon + 123);
  expect_moment("2026-01-31T13:30:00+01:30", kNoon);
  expect_moment("2026-01-31T07:00:00-0500", kNoon);
  expect_moment("2026-01-31T14:00+02", kNoon);
  expect_moment("2026-01-31 12:00:00 UTC", kNoon);
  expect_moment("2026-01-31 12:00utc", kNoon);
  expect_moment("2026-01-31T12:00:00,5Z", kNoon + 500);
  expect_moment("2026-01-31 14:00:00 +02:00", kNoon);
  expect_moment("2026-01-31Z", kMidnight);
  expect_moment("2026-01-31 UTC", kMidnight);
  expect_moment("2026-01-31+02:00", kMidnight - 2 * kHour);
  expect_moment("2026-01-31-05:00", kMidnight + 5 * kHour);
  expect_moment("1970-01-01", 0);
  expect_moment("2024-02-29", 1709164800000);
}

TEST(MomentTest, ReadsRelativeTimes) {
  expect_moment("90s", kNoon - 90'000);
  expect_moment("30m", kNoon - 1'800'000);
  expect_moment("2h", kNoon - 7'200'000);
  expect_moment("1h30m", kNoon - 5'400'000);
  expect_moment("500ms", kNoon - 500);
  expect_moment("7d", kNoon - 7LL * 86'400'000);
  expect_moment("1w", kNoon - 7LL * 86'400'000);
}

TEST(MomentTest, TellsSyncsFromMilliseconds) {
  for (const auto& [text, value] :
       {std::pair{"1", 1LL}, {"42", 42LL}, {"999999999", 999999999LL}}) {
    const auto written = parse_moment(text, kNoon, Zone::utc);
    ASSERT_TRUE(written);
    EXPECT_EQ(written->form, WrittenMoment::Form::sync) << text;
    EXPECT_EQ(written->value, value);
  }
  expect_moment("0", 0);
  expect_moment("1000000000", 1'000'000'000);
  expect_moment("1769860800000", kNoon);
}

TEST(MomentTest, ReadsDaysByName) {
  expect_moment("yesterday", kMidnight - kDay);
  expect_moment("Yesterday", kMidnight - kDay);
  expect_moment("saturday", kMidnight);
  expect_moment("SATURDAY", kMidnight, Zone::utc, kMidnight);
  expect_moment("friday", kMidnight - kDay);
  expect_moment("thursday", kMidnight - 2 * kDay);
  expect_moment("wednesday", kMidnight - 3 * kDay);
  expect_moment("tuesday", kMidnight - 4 * kDay);
  expect_moment("monday", kMidnight - 5 * kDay);
  expect_moment("sunday", kMidnight - 6 * kDay);
  expect_moment("saturday", kMidnight - 7 * kDay, Zone::utc, kMidnight - 1);
}

TEST(MomentTest, ReadsTheMachinesZone) {
  const nexus_mirror::testing::LocalZone zone("Europe/Berlin");
  expect_moment("2026-01-31", kMidnight - kHour, Zone::local);
  expect_moment("2026-01-31 13:00", kNoon, Zone::local);
  expect_moment("2026-01-31 13:00:00 +01:00", kNoon, Zone::local);
  expect_moment("2026-01-31T12:00:00Z", kNoon, Zone::local);
  expect_moment("2026-07-01 14:00", 1'782'907'200'000, Zone::local);  // 12:00 UTC
  expect_moment("2026-01-31", kMidnight, Zone::utc);
  expect_moment("2h", kNoon - 2 * kHour, Zone::local);
  // Half past midnight of Sunday there is still Saturday in UTC.
  const std::int64_t late = kMidnight + 23 * kHour + kHour / 2;
  expect_moment("yesterday", kMidnight - kHour, Zone::local, late);
  expect_moment("sunday", kMidnight + 23 * kHour, Zone::local, late);
  expect_moment("saturday", kMidnight - kHour, Zone::local, late);
  expect_moment("saturday", kMidnight, Zone::utc, late);
  // The days on which clocks are set have 23 and 25 hours.
  constexpr std::int64_t kForward = 1'774'746'000'000, kBack = 1'792'890'000'000;  // 01:00 UTC
  expect_moment("yesterday", kForward - 2 * kHour, Zone::local, kForward + 34 * kHour);
  expect_moment("sunday", kForward - 2 * kHour, Zone::local, kForward + 34 * kHour);
  expect_moment("monday", kForward + 21 * kHour, Zone::local, kForward + 34 * kHour);
  expect_moment("sunday", kBack - 3 * kHour, Zone::local, kBack + 10 * kHour);
  expect_moment("yesterday", kBack - 3 * kHour, Zone::local, kBack + 34 * kHour);
  expect_moment("2026-10-25 02:30", kBack - kHour / 2, Zone::local);  // the first of two
  expect_moment("2026-10-25 02:30 +01:00", kBack + kHour / 2, Zone::local);
  expect_moment("2026-03-29 02:30", kForward + kHour / 2, Zone::local);  // never shown
}

TEST(MomentTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           "x",
                           "2h ago",
                           "h",
                           "-2h",
                           "-5",
                           "+5",
                           "1.5h",
                           "2026-1-31",
                           "2026-02-30",
                           "2025-02-29",
                           "2026-13-01",
                           "2026-01-31T",
                           "2026-01-31T24:00",
                           "2026-01-31T12",
                           "2026-01-31T12:60",
                           "2026-01-31T12:00:61",
                           "2026-01-31T12:00:00.",
                           "2026-01-31T12:00:00Zx",
                           "2026-01-31T12:00+1",
                           "2026-01-31x",
                           "2026/01/31",
                           "99999999999999999999",
                           "9999999999999999h",
                           "2H",
                           "mon",
                           "last monday",
                           "mondays",
                           "tomorrow",
                           "2026-01-31 12:00 CET",
                           "2026-01-31  12:00",
                           "2026-01-31 "}) {
    EXPECT_FALSE(parse_moment(text, kNoon, Zone::utc)) << text;
  }
}

}  // namespace
}  // namespace nexus_mirror::cli
