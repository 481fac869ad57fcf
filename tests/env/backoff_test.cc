#include "env/backoff.h"

#include <gtest/gtest.h>

namespace nexus_mirror::env {
namespace {

TEST(BackoffTest, GrowsUpToTheMost) {
  constexpr Backoff kBackoff{.first_ms = 1'000, .most_ms = 60'000};
  const std::int64_t longest[] = {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000};
  for (int failures = 1; const std::int64_t all : longest) {
    EXPECT_EQ(kBackoff.wait_ms(failures, 0), all / 2) << failures;
    EXPECT_EQ(kBackoff.wait_ms(failures, 0.5), all * 3 / 4) << failures;
    EXPECT_NEAR(static_cast<double>(kBackoff.wait_ms(failures, 0.999'999)),
                static_cast<double>(all), 1)
        << failures;
    ++failures;
  }
  EXPECT_EQ(kBackoff.wait_ms(1'000'000, 0), 30'000);
}

TEST(BackoffTest, KeepsToItsShareOfChance) {
  constexpr Backoff kNone{.first_ms = 200, .growth = 1, .chance = 0};
  constexpr Backoff kAll{.first_ms = 200, .growth = 3, .chance = 1};
  for (const double random : {0.0, 0.3, 0.999}) {
    EXPECT_EQ(kNone.wait_ms(1, random), 200);
    EXPECT_EQ(kNone.wait_ms(9, random), 200);
  }
  EXPECT_EQ(kAll.wait_ms(1, 0), 0);
  EXPECT_EQ(kAll.wait_ms(1, 0.5), 100);
  EXPECT_EQ(kAll.wait_ms(3, 0.5), 900);
}

TEST(BackoffTest, NeitherOverflowsNorStalls) {
  constexpr Backoff kEndless{.first_ms = 3};
  EXPECT_GT(kEndless.wait_ms(1'000, 0), std::int64_t{1} << 61);
  constexpr Backoff kNothing{.first_ms = 0};
  EXPECT_EQ(kNothing.wait_ms(2'000'000'000, 0.9), 0);
  constexpr Backoff kShort{.first_ms = 10'000, .most_ms = 1'001};
  EXPECT_EQ(kShort.wait_ms(1, 0), 500);
  EXPECT_EQ(kShort.wait_ms(7, 0), 500);
}

TEST(BackoffTest, CountsTheTries) {
  constexpr Backoff kTwice{.first_ms = 1, .tries = 2};
  EXPECT_TRUE(kTwice.again(1));
  EXPECT_TRUE(kTwice.again(2));
  EXPECT_FALSE(kTwice.again(3));
  constexpr Backoff kNever{.first_ms = 1, .tries = 0};
  EXPECT_FALSE(kNever.again(1));
  constexpr Backoff kForEver{.first_ms = 1};
  EXPECT_TRUE(kForEver.again(2'000'000'000));
}

}  // namespace
}  // namespace nexus_mirror::env
