// Pages told by their bytes: what the digest holds, and what it leaves out.
#include "nexus/listing_page.h"

#include <gtest/gtest.h>

#include "nexus_mirror/error.h"

namespace nexus_mirror::nexus {
namespace {

ListingPage page(const std::string& body) {
  return {body, {}, false, "listing", "/projects/p/annotations"};
}
std::string digest(const std::string& body, const std::string& rules = "rules") {
  return page(body).digest(rules);
}

TEST(ListingPageTest, OneDigestHoweverTheCursorReads) {
  const std::string wanted = digest(R"({"data":[{"id":"a"}],"nextPage":"one"})");
  EXPECT_EQ(wanted.size(), 32U);
  for (const char* cursor : {"\"two\"", "\"\"", "null", R"("a\"b\\")", R"("\u0041")"}) {
    EXPECT_EQ(digest(R"({"data":[{"id":"a"}],"nextPage":)" + std::string(cursor) + "}"), wanted)
        << cursor;
  }
  EXPECT_EQ(digest(R"({"next_page":"x","data":[]})"), digest(R"({"next_page":"y","data":[]})"));
}

TEST(ListingPageTest, AnotherDigestForEachByteThatIsNotOfTheCursor) {
  const std::string body = R"({"data":[{"id":"a","n":1.5}],"nextPage":"one"})";
  const std::string wanted = digest(body);
  for (const char* other :
       {R"({"data":[{"id":"b","n":1.5}],"nextPage":"one"})",
        R"({"data":[{"id":"a","n":1.50}],"nextPage":"one"})",
        R"({"data":[{"id":"a","n":1.5}],"next_page":"one"})",
        R"({"data": [{"id":"a","n":1.5}],"nextPage":"one"})",
        R"({"nextPage":"one","data":[{"id":"a","n":1.5}]})",
        R"({"data":[{"id":"a","n":1.5}],"nextPage":"one","more":0})",
        R"({"data":[{"id":"a","n":1.5},{"id":"a","n":1.5}],"nextPage":"one"})"}) {
    EXPECT_NE(digest(other), "") << other;
    EXPECT_NE(digest(other), wanted) << other;
  }
  EXPECT_NE(digest(body, "other rules"), wanted);
}

// Of what the rules end with, or the answer begins with, the other has nothing.
TEST(ListingPageTest, RulesAndAnswerDoNotRunTogether) {
  EXPECT_NE(digest(R"({"nextPage":null})", "r "), digest(R"( {"nextPage":null})", "r"));
}

TEST(ListingPageTest, SaysNothingOfAnswersThatItDoesNotUnderstand) {
  for (const char* body :
       {"", "[]", R"([{"id":"a"}])", "7", "null", R"({"data":[]})", R"({"data":[],"nextPage":7})",
        R"({"data":[],"nextPage":["x"]})", R"({"data":[],"nextPage":nul})",
        R"({"data":[],"nextPage":nulls})", R"({"data":[],"nextPage":"a\x"})",
        R"({"data":[],"nextPage":"a","nextPage":"b"})", R"({"nextPage":"a","next_page":"b"})",
        R"({"data":[],"nextPage":"a")", R"({"data":[],"nextPage":"a"}})",
        R"({"data":[],"nextPage":"a"} [])", R"({"data":[,"nextPage":"a"})",
        "{\"data\":[\"\xff\"],\"nextPage\":\"a\"}", "<html>"}) {
    EXPECT_EQ(digest(body), "") << body;
  }
}

TEST(ListingPageTest, ReadsTheCursorAsADocumentDoes) {
  for (const char* body :
       {R"({"data":[],"nextPage":"c=1&d"})",
        R"({"data":[],"next_page":"\u00e9\"\\\/\ud83d\ude00"})", R"({"nextPage":null,"data":[]})",
        R"({"nextPage":"","data":[]})", R"( { "nextPage" : "spaced" , "data" : [ ] } )",
        R"({"next\u0050age":"escaped","data":[]})",
        R"({"data":[{"nextPage":"of a row"}],"nextPage":"of the page"})"}) {
    ListingPage digested = page(body), parsed = page(body);
    EXPECT_NE(digested.digest("rules"), "") << body;
    const std::string next = digested.next();
    parsed.document();
    EXPECT_EQ(next, parsed.next()) << body;
    digested.document();
    EXPECT_EQ(digested.next(), next) << "it can still be parsed";
  }
  EXPECT_EQ(page("[{}]").next(), "");
}

TEST(ListingPageTest, ThrowsWhereItIsParsedAndIsNone) {
  ListingPage broken = page("<html>");
  EXPECT_EQ(broken.digest("rules"), "");
  EXPECT_THROW(broken.next(), Error);
}

}  // namespace
}  // namespace nexus_mirror::nexus
