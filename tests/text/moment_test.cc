#include "text/moment.h"

#include <gtest/gtest.h>

#include "support/local_zone.h"

namespace nexus_mirror::text {
namespace {

using nexus_mirror::testing::LocalZone;

constexpr std::int64_t kHour = 3'600'000, kDay = 24 * kHour;
constexpr std::int64_t kNoon = 1'769'860'800'000;  // 2026-01-31 12:00:00 UTC
// Berlin's clocks: forward at 2026-03-29 01:00 UTC, back at 2026-10-25 01:00 UTC.
constexpr std::int64_t kForward = 1'774'746'000'000, kBack = 1'792'890'000'000;

TEST(MomentTextTest, IsInUtcWithItsName) {
  const LocalZone zone("Europe/Berlin");
  EXPECT_EQ(moment_text(kNoon, Zone::utc), "2026-01-31 12:00:00 UTC");
  EXPECT_EQ(moment_text(kNoon - 1, Zone::utc), "2026-01-31 11:59:59 UTC");
  EXPECT_EQ(moment_text(-1, Zone::utc), "1969-12-31 23:59:59 UTC");
  EXPECT_EQ(minute_text(kNoon + 59'999, Zone::utc), "2026-01-31 12:00 UTC");
  EXPECT_EQ(clock_text(kNoon + 5'000, Zone::utc), "12:00:05 UTC");
}

TEST(MomentTextTest, IsInTheMachinesZoneWithTheOffsetOfThatMoment) {
  const LocalZone zone("Europe/Berlin");
  EXPECT_EQ(moment_text(kNoon, Zone::local), "2026-01-31 13:00:00 +01:00");
  EXPECT_EQ(moment_text(kForward - 1, Zone::local), "2026-03-29 01:59:59 +01:00");
  EXPECT_EQ(moment_text(kForward, Zone::local), "2026-03-29 03:00:00 +02:00");
  EXPECT_EQ(moment_text(kBack - kHour, Zone::local), "2026-10-25 02:00:00 +02:00");
  EXPECT_EQ(moment_text(kBack, Zone::local), "2026-10-25 02:00:00 +01:00");
  EXPECT_EQ(minute_text(kNoon, Zone::local), "2026-01-31 13:00 +01:00");
  EXPECT_EQ(clock_text(kNoon, Zone::local), "13:00:00 +01:00");
  const LocalZone west("America/St_Johns");
  EXPECT_EQ(moment_text(kNoon, Zone::local), "2026-01-31 08:30:00 -03:30");
  const LocalZone greenwich("UTC");
  EXPECT_EQ(moment_text(kNoon, Zone::local), "2026-01-31 12:00:00 +00:00");
}

TEST(MomentTextTest, OfNoCalendarsYearIsTheNumber) {
  const LocalZone zone("Europe/Berlin");
  for (const Zone each : {Zone::utc, Zone::local}) {
    for (const std::int64_t ms : {INT64_MIN, std::int64_t{-62'135'700'000'000},
                                  std::int64_t{253'402'400'000'000}, INT64_MAX}) {
      EXPECT_EQ(moment_text(ms, each), std::to_string(ms));
    }
  }
}

TEST(WallClockTest, GoesThereAndBack) {
  const LocalZone zone("Europe/Berlin");
  EXPECT_EQ(wall_clock(kNoon, Zone::utc), kNoon);
  EXPECT_EQ(moment_of_wall_clock(kNoon, Zone::utc), kNoon);
  for (std::int64_t ms = kNoon; ms < kNoon + 366 * kDay; ms += kHour) {
    const std::int64_t wall = wall_clock(ms, Zone::local);
    // What two moments show is the first of them.
    const bool second = ms >= kBack && ms < kBack + kHour;
    EXPECT_EQ(moment_of_wall_clock(wall, Zone::local), second ? ms - kHour : ms) << ms;
  }
}

TEST(WallClockTest, WhatItNeverShowsIsAsIfItHadNotBeenSetForward) {
  const LocalZone zone("Europe/Berlin");
  const std::int64_t two_thirty = kForward + kHour + kHour / 2;  // 02:30 on the wall
  EXPECT_EQ(moment_of_wall_clock(two_thirty, Zone::local), kForward + kHour / 2);
}

TEST(WallClockTest, ADayThatHasNoMidnightBeginsWithItsFirstMoment) {
  const LocalZone zone("Africa/Cairo");  // forward at midnight, 2026-04-24 00:00 +02:00
  const std::int64_t forward = 1'776'981'600'000;
  ASSERT_EQ(moment_text(forward, Zone::local), "2026-04-24 01:00:00 +03:00");
  EXPECT_EQ(moment_of_wall_clock(forward + 2 * kHour, Zone::local), forward);
  const LocalZone apia("Pacific/Apia");  // 2011-12-30 was left out
  EXPECT_EQ(moment_text(moment_of_wall_clock(1'325'203'200'000, Zone::local), Zone::local),
            "2011-12-31 00:00:00 +14:00");
}

}  // namespace
}  // namespace nexus_mirror::text
