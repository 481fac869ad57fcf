#include "text/percent.h"

#include <gtest/gtest.h>

namespace nexus_mirror::text {
namespace {

TEST(PercentTest, MakesOneSegmentOrValueOfAnyText) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("a/b?c#d[]+ %&=;"), "a%2Fb%3Fc%23d%5B%5D%2B%20%25%26%3D%3B");
  EXPECT_EQ(percent_encoded("\xc3\xa9\n"), "%C3%A9%0A");
}

TEST(PercentTest, DecodesWhatIsAnEscape) {
  EXPECT_EQ(percent_decoded(percent_encoded("a/b?c#d[]+ %&=;\xc3\xa9")), "a/b?c#d[]+ %&=;\xc3\xa9");
  EXPECT_EQ(percent_decoded("%4a%4A%zz%2%"), "JJ%zz%2%");
}

TEST(PercentTest, MendsATargetAndLeavesTheRest) {
  const char* fine = "/a/b%2F%c3?x[]=1&y=a+b:@!$'()*,;~";
  EXPECT_EQ(request_target(fine), fine);
  EXPECT_EQ(request_target("/a b\"<>\\^`{|}#\x7f\xff"),
            "/a%20b%22%3C%3E%5C%5E%60%7B%7C%7D%23%7F%FF");
  EXPECT_EQ(request_target("/%zz%2%"), "/%25zz%252%25");
}

}  // namespace
}  // namespace nexus_mirror::text
