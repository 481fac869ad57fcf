#include "cli/moment.h"

#include <gtest/gtest.h>

#include "support/hand_made_mirror.h"

namespace nexus_mirror::cli {
namespace {

using nexus_mirror::testing::kNoon;  // 2026-01-31 12:00:00 UTC

constexpr std::int64_t kMidnight = kNoon - 12 * 3600 * 1000;

void expect_moment(const char* text, std::int64_t unix_ms) {
  const auto since = parse_since(text, kNoon);
  ASSERT_TRUE(since) << text;
  EXPECT_EQ(since->form, Since::Form::moment) << text;
  EXPECT_EQ(since->value, unix_ms) << text;
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
       {std::pair{"0", 0LL}, {"42", 42LL}, {"999999999", 999999999LL}}) {
    const auto since = parse_since(text, kNoon);
    ASSERT_TRUE(since);
    EXPECT_EQ(since->form, Since::Form::sync) << text;
    EXPECT_EQ(since->value, value);
  }
  expect_moment("1000000000", 1'000'000'000);
  expect_moment("1769860800000", kNoon);
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
                           "2H"}) {
    EXPECT_FALSE(parse_since(text, kNoon)) << text;
  }
}

TEST(MomentTest, WritesMoments) {
  EXPECT_EQ(format_moment(kNoon), "2026-01-31 12:00:00");
  EXPECT_EQ(format_moment(kNoon - 1), "2026-01-31 11:59:59");
  EXPECT_EQ(format_moment(-1), "1969-12-31 23:59:59");
  EXPECT_EQ(format_moment(9'000'000'000'000'000), "9000000000000000");
}

}  // namespace
}  // namespace nexus_mirror::cli
