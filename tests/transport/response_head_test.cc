#include "transport/response_head.h"

#include <gtest/gtest.h>

#include "transport/failure.h"

namespace nexus_mirror::transport {
namespace {

TEST(ResponseHeadTest, ReadsStatusAndFields) {
  const ResponseHead head = parse_head(
      "HTTP/1.1 200 OK\r\nContent-Type:\t text/html \r\nDate : now\r\nX:\r\n"
      "no field\r\n goes on\r\nLong: a\r\n\tb\r\nlong: c\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.http11);
  EXPECT_EQ(head.get("content-TYPE"), "text/html");
  EXPECT_EQ(head.get("Date"), "now");
  EXPECT_TRUE(head.has("x"));
  EXPECT_EQ(head.get("X"), "");
  EXPECT_EQ(head.get("Long"), "a b") << "the first of them, with the line that goes on";
  EXPECT_FALSE(head.has("no field"));
  EXPECT_EQ(head.fields.size(), 5U);
}

TEST(ResponseHeadTest, ReadsOlderStatusLines) {
  EXPECT_FALSE(parse_head("HTTP/1.0 404 Not Found\n\n").http11);
  EXPECT_EQ(parse_head("HTTP/1.1 204\r\n\r\n").status, 204);
  EXPECT_EQ(parse_head("HTTP/1.1  503 \r\n\r\n").status, 503);
}

TEST(ResponseHeadTest, RefusesWhatIsNoStatusLine) {
  for (const char* line : {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 OK", "HTTP/1.1 99",
                           "HTTP/1.1 600", "HTTP/1.1 200x OK", "HTTP/2 200 OK", "HTTP/1.1200 OK",
                           "ICY 200 OK", "http/1.1 200 OK", "HTTP/1.1 99999999999999999999"}) {
    EXPECT_THROW(parse_head(std::string(line) + "\r\n\r\n"), Failure) << line;
  }
}

}  // namespace
}  // namespace nexus_mirror::transport
