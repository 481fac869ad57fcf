#include <gtest/gtest.h>

#include <vector>

#include "text/ascii.h"
#include "text/hex.h"
#include "text/joined.h"
#include "text/percent.h"

namespace nexus_mirror::text {
namespace {

TEST(AsciiTest, KnowsNoLettersBeyondAscii) {
  EXPECT_TRUE(is_letter('a') && is_letter('Z') && is_digit('0') && is_digit('9'));
  EXPECT_FALSE(is_letter('@') || is_letter('[') || is_letter('`') || is_letter('{'));
  EXPECT_FALSE(is_digit('/') || is_digit(':') || is_letter_or_digit('_'));
  for (int byte = 128; byte < 256; ++byte) {
    EXPECT_FALSE(is_letter_or_digit(static_cast<char>(byte))) << byte;
    EXPECT_EQ(lower(static_cast<char>(byte)), static_cast<char>(byte));
  }
}

TEST(AsciiTest, ChangesTheCaseOfLettersAlone) {
  EXPECT_EQ(lower("AZaz09-_\xc3\x84"), "azaz09-_\xc3\x84");
  EXPECT_EQ(upper('q'), 'Q');
  EXPECT_EQ(upper('1'), '1');
  EXPECT_TRUE(equal_ignoring_case("Content-Length", "content-LENGTH"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_FALSE(equal_ignoring_case("ab", "a"));
}

TEST(AsciiTest, FoldsTheSpellingsOfOneName) {
  for (const char* spelling :
       {"TotalLoss", "totalLoss", "total_loss", "TOTAL-LOSS", "_total-loss_"}) {
    EXPECT_EQ(folded(spelling), "totalloss");
  }
  EXPECT_EQ(folded("total loss"), "total loss");
}

TEST(HexTest, WritesAndReadsDigits) {
  std::string text;
  append_hex(text, 0x0a, 2);
  append_hex(text, 0xbeef, 4, HexDigits::upper);
  append_hex(text, 0x123, 2);
  EXPECT_EQ(text, "0aBEEF23");
  EXPECT_EQ(hex_value('7'), 7U);
  EXPECT_EQ(hex_value('f'), 15U);
  EXPECT_EQ(hex_value('A'), 10U);
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' '}) EXPECT_EQ(hex_value(c), std::nullopt);
}

TEST(PercentTest, LeavesWhatIsUnreserved) {
  EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encoded("a/b?c=d e%\xc3\xa4"), "a%2Fb%3Fc%3Dd%20e%25%C3%A4");
  EXPECT_EQ(percent_encoded("&f+g[]\n"), "%26f%2Bg%5B%5D%0A");
  EXPECT_EQ(percent_encoded(std::string_view("\0", 1)), "%00");
}

TEST(JoinedTest, PutsTheSeparatorBetweenAnyTwo) {
  EXPECT_EQ(joined(std::vector<std::string>{}, ", "), "");
  EXPECT_EQ(joined(std::vector<std::string_view>{"a"}, ", "), "a");
  EXPECT_EQ(joined(std::vector<std::string>{"", "b", ""}, ", "), ", b, ");
  EXPECT_EQ(joined(std::vector<int>{1, 2}, " ", [](int n) { return std::to_string(n); }), "1 2");
  struct Named {
    std::string name;
  };
  EXPECT_EQ(joined(std::vector<Named>{{"a"}, {"b"}}, "/", &Named::name), "a/b");
}

}  // namespace
}  // namespace nexus_mirror::text
