// Which part of the content is read on which day (CONTRACT.md 8).
#include "files/verification.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/digest.h"

namespace nexus_mirror::files {
namespace {

constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
constexpr std::int64_t kSomeDay = 20484 * kDayMs + 12345;

TEST(VerificationTest, AllIsReadOnceInAsManyDaysAsItTakes) {
  for (const std::int64_t percent : {1, 5, 7, 50, 99}) {
    const std::int64_t days = (100 + percent - 1) / percent;
    for (int content = 0; content < 200; ++content) {
      const std::string sha256 = text::sha256(std::to_string(content));
      int read = 0;
      for (std::int64_t day = 0; day < days; ++day) {
        read += is_in_todays_part(sha256, percent, kSomeDay + day * kDayMs) ? 1 : 0;
      }
      EXPECT_EQ(read, 1) << percent;
    }
  }
}

TEST(VerificationTest, ADaysPartIsAboutItsShare) {
  int read = 0;
  for (int content = 0; content < 2000; ++content) {
    read += is_in_todays_part(text::sha256(std::to_string(content)), 5, kSomeDay) ? 1 : 0;
  }
  EXPECT_GT(read, 60);
  EXPECT_LT(read, 140);
}

TEST(VerificationTest, AHundredPercentIsAll) {
  EXPECT_TRUE(is_in_todays_part(text::sha256("a"), 100, kSomeDay));
  EXPECT_FALSE(is_in_todays_part(text::sha256("a"), 0, kSomeDay));
}

}  // namespace
}  // namespace nexus_mirror::files
