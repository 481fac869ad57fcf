#include "text/caseless.h"

#include <gtest/gtest.h>

#include <string>

namespace nexus_mirror::text {
namespace {

TEST(CaselessTest, CaseAndCompositionMakeNoDifference) {
  for (const auto& [one, other] : {std::pair("Cat_1.JPG", "cat_1.jpg"),
                                   {"\u00c4rger", "\u00e4rger"},
                                   {"\u00e4", "a\u0308"},
                                   {"\u00c4", "a\u0308"},
                                   {"stra\u00dfe", "STRASSE"},
                                   {"\u017fo", "so"},
                                   {"\u0415\u0416", "\u0435\u0436"},
                                   {"\u03a3\u03c2", "\u03c3\u03c3"},
                                   {"\u1e69", "s\u0307\u0323"},
                                   {"\ud55c", "\u1112\u1161\u11ab"},
                                   {"\u1f80", "\u1f08\u0345"},
                                   {"\u0130", "i\u0307"},
                                   {"k\u212a", "kk"},
                                   {"so\u00adft\u200d", "soft"},
                                   {"bad\xff", "bad\ufffd"}}) {
    EXPECT_EQ(caseless(one), caseless(other)) << one;
    EXPECT_EQ(caseless(caseless(one)), caseless(one)) << one;
  }
}

TEST(CaselessTest, OtherLettersAreOthers) {
  for (const auto& [one, other] : {std::pair("\u00e4", "a"),
                                   {"\u00e4", "ae"},
                                   {"\uff21", "a"},  // full width: compatible, not the same
                                   {"a\u00b2", "a2"},
                                   {"\u0131", "i"}}) {
    EXPECT_NE(caseless(one), caseless(other)) << one;
  }
  EXPECT_EQ(caseless(std::string("a\0B", 3)), std::string("a\0b", 3));
  EXPECT_EQ(caseless(std::string("\u00c4\0B", 4)), std::string("\u00e4\0b", 4));
  EXPECT_EQ(caseless(""), "");
}

}  // namespace
}  // namespace nexus_mirror::text
