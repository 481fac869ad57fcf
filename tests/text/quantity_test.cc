#include "text/quantity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>
#include <vector>

namespace nexus_mirror::text {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsEveryUnit) {
  const std::vector<std::pair<std::string_view, std::int64_t>> cases = {
      {"500ms", 500},
      {"90s", 90'000},
      {"15m", 900'000},
      {"24h", 86'400'000},
      {"7d", 604'800'000},
      {"1w", 604'800'000},
      {"1h30m", 5'400'000},
      {"0", 0},
      {"0s", 0},
      {"1d2h3m4s5ms", 93'784'005},
      {"1s500ms", 1'500},
      {"1m1ms", 60'001},
      {"007s", 7'000},
  };
  for (const auto& [text, ms] : cases) {
    EXPECT_EQ(parse_duration(text), milliseconds(ms)) << text;
  }
}

TEST(Duration, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "15",
                                      "15 m",
                                      " 15m",
                                      "15m ",
                                      "1.5h",
                                      "1,5h",
                                      "-1s",
                                      "+1s",
                                      "m",
                                      "1x",
                                      "15M",
                                      "1min",
                                      "30m1h",
                                      "1h1h",
                                      "1h30",
                                      "00",
                                      "1e3s",
                                      "9223372036854775807d",
                                      "99999999999999999999s",
                                      "9223372036854775807ms1s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenInOneUnitThatSaysItExactly) {
  const std::vector<std::pair<std::int64_t, std::string>> cases = {
      {0, "0"},          {1, "1ms"},         {90'000, "90s"},     {5'400'000, "90m"},
      {3'600'000, "1h"}, {86'400'000, "1d"}, {60'001, "60001ms"}, {7'776'000'000, "90d"},
  };
  for (const auto& [ms, text] : cases) {
    EXPECT_EQ(exact_duration(milliseconds(ms)), text);
    EXPECT_EQ(parse_duration(text), milliseconds(ms));
  }
}

TEST(Duration, IsRoughForPeople) {
  EXPECT_EQ(rough_duration(milliseconds(-5)), "0s");
  EXPECT_EQ(rough_duration(milliseconds(999)), "0s");
  EXPECT_EQ(rough_duration(milliseconds(59'999)), "59s");
  EXPECT_EQ(rough_duration(milliseconds(60'000)), "1m");
  EXPECT_EQ(rough_duration(milliseconds(60'999)), "1m");
  EXPECT_EQ(rough_duration(milliseconds(200'000)), "3m 20s");
  EXPECT_EQ(rough_duration(milliseconds(7'500'000)), "2h 5m");
  EXPECT_EQ(rough_duration(milliseconds(90'000'000)), "1d 1h");
  EXPECT_EQ(rough_duration(milliseconds(800LL * 86'400'000)), "800d");
}

TEST(Size, ReadsEveryUnit) {
  const std::vector<std::pair<std::string_view, std::int64_t>> cases = {
      {"64MiB", 64LL << 20},
      {"1GiB", 1LL << 30},
      {"10MB", 10'000'000},
      {"512KiB", 512LL << 10},
      {"1048576", 1048576},
      {"2TiB", 2LL << 40},
      {"3kB", 3000},
      {"3KB", 3000},
      {"1GB", 1'000'000'000},
      {"1TB", 1'000'000'000'000},
      {"17B", 17},
      {"64mib", 64LL << 20},
      {"0", 0},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(Size, RefusesEverythingElse) {
  for (const std::string_view text : {"", "MiB", "64M", "64 MiB", "1.5GiB", "-1", "-1MiB", "64MiBs",
                                      "99999999999999999999", "9223372036854775807KiB", "64MiB1"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(Size, IsWrittenInTheLargestUnitThatSaysItExactly) {
  const std::vector<std::pair<std::int64_t, std::string>> cases = {
      {0, "0"}, {1000, "1000"}, {1LL << 10, "1KiB"}, {256LL << 20, "256MiB"}, {3LL << 40, "3TiB"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(exact_size(bytes), text);
    EXPECT_EQ(parse_size(text), bytes);
  }
}

TEST(Size, IsRoughForPeople) {
  EXPECT_EQ(rough_size(0), "0 B");
  EXPECT_EQ(rough_size(1023), "1023 B");
  EXPECT_EQ(rough_size(1536), "1.5 KiB");
  EXPECT_EQ(rough_size((1ULL << 20) - 1), "1024.0 KiB");
  EXPECT_EQ(rough_size(std::uint64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(rough_size(std::uint64_t{2048} << 40), "2048.0 TiB");
}

TEST(Mode, ReadsAndWritesOctal) {
  EXPECT_EQ(parse_mode("0640"), 0640U);
  EXPECT_EQ(parse_mode("600"), 0600U);
  EXPECT_EQ(exact_mode(0640), "0640");
  EXPECT_EQ(exact_mode(0), "0000");
  for (const std::string_view text : {"", "60", "0o640", "0680", "06400", "rw-", "-640", "640 "}) {
    EXPECT_EQ(parse_mode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace nexus_mirror::text
