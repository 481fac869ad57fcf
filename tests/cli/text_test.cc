#include "cli/text.h"

#include <gtest/gtest.h>

#include <string>

namespace nexus_mirror::cli {
namespace {

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

}  // namespace
}  // namespace nexus_mirror::cli
