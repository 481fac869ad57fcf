#include "cli/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace nexus_mirror::cli {
namespace {

const std::string kReplacement = "\xef\xbf\xbd";

TEST(TextTest, KeepsValidUtf8) {
  for (const std::string text :
       {"", "plain", "é", "日本", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(TextTest, ReplacesEachIllFormedSequence) {
  EXPECT_EQ(valid_utf8("\x80"), kReplacement);
  EXPECT_EQ(valid_utf8("a\xffz"), "a" + kReplacement + "z");
  EXPECT_EQ(valid_utf8("\xc0\xaf"), kReplacement + kReplacement);                     // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), kReplacement + kReplacement + kReplacement);  // surrogate
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"),
            kReplacement + kReplacement + kReplacement + kReplacement);  // past U+10FFFF
  EXPECT_EQ(valid_utf8("\xe6\x97"), kReplacement);                       // cut short
  EXPECT_EQ(valid_utf8("\xe6\x97z"), kReplacement + "z");
  EXPECT_EQ(valid_utf8("\xf0\x9f\x98"), kReplacement);
}

TEST(TextTest, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\tb\nc\rd"), "a\\tb\\nc\\rd");
  EXPECT_EQ(printable("\x1b[2J\x07\x7f"), "\\x1b[2J\\x07\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m");  // C1 control: CSI
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u202eb");                           // right-to-left override
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\u2028");  // line separator
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("日本 é 😀"), "日本 é 😀");
}

TEST(TextTest, MeasuresColumns) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);  // combining accent
  EXPECT_EQ(display_width("日本語"), 6U);
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("ｱ"), 1U);  // half-width katakana
}

TEST(TextTest, FitsIntoColumns) {
  EXPECT_EQ(fit("abcdef", 6, "…"), "abcdef");
  EXPECT_EQ(fit("abcdefg", 6, "…"), "abcde…");
  EXPECT_EQ(fit("abcdefg", 6, "..."), "abc...");
  EXPECT_EQ(fit("日本語です", 6, "…"), "日本…");  // a wide character is never split
  EXPECT_EQ(fit("日本語です", 5, "…"), "日本…");
  EXPECT_EQ(fit("abcdef", 2, "..."), "..");
  EXPECT_EQ(fit("abcdef", 0, "…"), "");
}

TEST(TextTest, WritesRealsShortAndExact) {
  EXPECT_EQ(format_real(0.1), "0.1");
  EXPECT_EQ(format_real(3.0), "3.0");
  EXPECT_EQ(format_real(-0.0), "-0.0");
  EXPECT_EQ(format_real(1e300), "1e+300");
  EXPECT_EQ(std::stod(format_real(0.1 + 0.2)), 0.1 + 0.2);
  EXPECT_EQ(format_real(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(format_real(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace nexus_mirror::cli
