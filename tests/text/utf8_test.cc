#include "text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace nexus_mirror::text {
namespace {

const std::string kReplacement = "\xef\xbf\xbd";

TEST(Utf8Test, KeepsValidUtf8) {
  for (const std::string text :
       {"", "plain", "é", "日本", "😀", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
  EXPECT_EQ(valid_utf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(Utf8Test, ReplacesEachIllFormedSequence) {
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

}  // namespace
}  // namespace nexus_mirror::text
