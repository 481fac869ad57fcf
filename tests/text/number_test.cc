#include "text/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace nexus_mirror::text {
namespace {

TEST(NumberTest, ReadsWholeTextsAlone) {
  EXPECT_EQ(parse_number<int>("-12"), -12);
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(parse_number<std::int64_t>("9223372036854775807"), 9223372036854775807);
  EXPECT_EQ(parse_number<unsigned>("0ff", 16), 255U);
  EXPECT_EQ(parse_number<double>("1e-3"), 0.001);
  for (const char* text : {"", " 1", "1 ", "+1", "1.0", "x", "0x1", "9223372036854775808"}) {
    EXPECT_EQ(parse_number<std::int64_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<double>("1,5"), std::nullopt);
  EXPECT_EQ(parse_number<double>("1e999"), std::nullopt);
}

TEST(NumberTest, TakesTheNumberAtTheStart) {
  std::string_view text = "15m";
  EXPECT_EQ(take_number<int>(text), 15);
  EXPECT_EQ(text, "m");
  EXPECT_EQ(take_number<int>(text), std::nullopt);
  EXPECT_EQ(text, "m");
}

TEST(NumberTest, WritesIntegersInAnyBase) {
  std::string text;
  append_number(text, std::numeric_limits<std::int64_t>::min());
  append_number(text, 416U, 8);
  append_number(text, std::size_t{255}, 16);
  EXPECT_EQ(text, "-9223372036854775808640ff");
}

TEST(NumberTest, WritesTheShortestRealsThatReadBack) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e-7), "1e-07");
  EXPECT_EQ(number_text(3), "3");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(real_text(0.1), "0.1");
  EXPECT_EQ(real_text(3), "3.0");
  EXPECT_EQ(real_text(-0.0), "-0.0");
  EXPECT_EQ(real_text(1e300), "1e+300");
  EXPECT_EQ(parse_number<double>(real_text(0.1 + 0.2)), 0.1 + 0.2);
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(real_text(inf) + number_text(-inf), "inf-inf");
  EXPECT_EQ(real_text(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  std::string line = "1.5,";  // what is there already is not looked at
  append_real(line, 2);
  EXPECT_EQ(line, "1.5,2.0");
}

}  // namespace
}  // namespace nexus_mirror::text
