// Bodies: every framing and packing, limits, and answers that were cut anywhere.
#include <gtest/gtest.h>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "support/http_server.h"

namespace nexus_mirror {
namespace {

using testing::answer;
using testing::chunked;
using testing::HttpServer;
using testing::packed;
using testing::Reply;
using Then = testing::Reply::Then;

constexpr char kChunkedHead[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
constexpr char kGzip[] = "Content-Encoding: gzip\r\n";

// Sends `bytes` to a client with a limit of `max_response`.
class Exchange {
 public:
  explicit Exchange(const std::string& bytes, Then then = Then::close,
                    std::int64_t max_response = 1 << 20)
      : server_([bytes, then](const std::string&, int) {
          return Reply{bytes, then};
        }) {
    TransportOptions options;
    options.endpoint = server_.url();
    options.max_response = max_response;
    transport_ = make_http_transport(options);
  }

  HttpResponse response() { return transport_->send({"GET", "/x", ""}, {}); }

  // The error's text after its code, or "" when there was none.
  std::string error(ErrorCode expected) {
    try {
      response();
    } catch (const Error& error) {
      EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(expected)) << error.what();
      return error.what();
    }
    return "";
  }

 private:
  HttpServer server_;
  std::unique_ptr<Transport> transport_;
};

std::string text_of(std::size_t size) {
  std::string text = "[";
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i * 7919) + ",";
  text.resize(size - 1);
  return text + "]";
}

TEST(TransportBody, ReadsEveryFraming) {
  const std::string text = text_of(300000);
  for (const std::string& bytes :
       {answer(200, text), kChunkedHead + ("\r\n" + chunked(text, 1000)),
        kChunkedHead + ("\r\n" + chunked(text, 100000)), "HTTP/1.1 200 OK\r\n\r\n" + text,
        "HTTP/1.0 200 OK\r\n\r\n" + text, answer(200, packed(text), kGzip),
        answer(200, packed(text, 15), "Content-Encoding: deflate\r\n"),
        answer(200, packed(text, -15), "Content-Encoding: deflate\r\n"),
        answer(200, packed(text), "Content-Encoding: X-GZIP\r\n"),
        answer(200, packed(text.substr(0, 99)) + packed("") + packed(text.substr(99)), kGzip),
        std::string(kChunkedHead) + kGzip + "\r\n" + chunked(packed(text), 77),
        std::string("HTTP/1.1 200 OK\r\n") + kGzip + "\r\n" + packed(text)}) {
    const HttpResponse response = Exchange(bytes).response();
    EXPECT_EQ(response.body, text) << bytes.substr(0, 80);
    EXPECT_GE(response.body.capacity() - response.body.size(), 64u);
  }
}

TEST(TransportBody, CountsWhatCameOverTheWire) {
  const std::string zipped = packed(text_of(100000));
  EXPECT_EQ(Exchange(answer(200, zipped, kGzip)).response().bytes_received, zipped.size());
}

TEST(TransportBody, ReadsEmptyBodies) {
  for (const std::string& bytes :
       {answer(200, ""), answer(200, "", kGzip), answer(200, packed(""), kGzip),
        std::string(kChunkedHead) + "\r\n0\r\n\r\n", std::string("HTTP/1.1 200 OK\r\n\r\n")}) {
    const HttpResponse response = Exchange(bytes).response();
    EXPECT_EQ(response.body, "");
    EXPECT_GE(response.body.capacity(), 64u);
  }
}

TEST(TransportBody, AcceptsExtensionsAndTrailersOfChunks) {
  EXPECT_EQ(Exchange(std::string(kChunkedHead) +
                     "\r\n3;name=value\r\n[1,\r\n0002 \r\n2]\r\n0\r\nDigest: x\r\n\r\n")
                .response()
                .body,
            "[1,2]");
}

TEST(TransportBody, RefusesBrokenFraming) {
  for (const std::string& bytes :
       {std::string(kChunkedHead) + "\r\nx\r\n\r\n", std::string(kChunkedHead) + "\r\n-1\r\n",
        std::string(kChunkedHead) + "\r\n1 1\r\n",
        std::string(kChunkedHead) + "\r\n2\r\n[]]\r\n0\r\n\r\n",
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]]"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n[]"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\n[]"),
        answer(200, "x", "Content-Encoding: br\r\n"), std::string("<html>hello</html>\r\n\r\n"),
        std::string("HTTP/2 200 OK\r\n\r\n"), std::string("HTTP/1.1 0 OK\r\n\r\n"),
        answer(200, "this is not gzip", kGzip), answer(200, packed("[1]") + "rubbish", kGzip)}) {
    EXPECT_NE(Exchange(bytes).error(ErrorCode::bad_response), "") << bytes;
  }
}

TEST(TransportBody, RefusesADamagedChecksum) {
  std::string zipped = packed(text_of(1000));
  zipped[zipped.size() - 6] ^= 1;
  EXPECT_NE(Exchange(answer(200, zipped, kGzip)).error(ErrorCode::bad_response), "");
}

TEST(TransportBody, TakesWhatIsJustAtTheLimit) {
  const std::string text = text_of(5000);
  for (const std::string& bytes :
       {answer(200, text), kChunkedHead + ("\r\n" + chunked(text, 5000)),
        kChunkedHead + ("\r\n" + chunked(text, 999)), "HTTP/1.1 200 OK\r\n\r\n" + text,
        answer(200, packed(text), kGzip)}) {
    EXPECT_EQ(Exchange(bytes, Then::close, 5000).response().body, text);
    const std::string error = Exchange(bytes, Then::close, 4999).error(ErrorCode::bad_response);
    EXPECT_NE(error.find("larger than max_response, 4999 bytes"), std::string::npos) << error;
  }
}

// The server stalls after the head, so reading even one byte more would end in a time-out.
TEST(TransportBody, RefusesALengthBeforeReading) {
  for (const char* length : {"1048577", "18446744073709551615"}) {
    EXPECT_NE(Exchange(std::string("HTTP/1.1 200 OK\r\nContent-Length: ") + length + "\r\n\r\n",
                       Then::stall)
                  .error(ErrorCode::bad_response),
              "");
  }
  EXPECT_NE(Exchange(std::string(kChunkedHead) + "\r\n100001\r\n", Then::stall)
                .error(ErrorCode::bad_response),
            "");
  EXPECT_NE(Exchange(std::string(kChunkedHead) + "\r\nfffffffffffffffffff\r\n", Then::stall)
                .error(ErrorCode::bad_response),
            "");
}

// Nothing ends these answers: only a limit that is checked on the way does.
TEST(TransportBody, StopsBombsWhileTheyUnpack) {
  const std::string bomb = packed(std::string(8 << 20, '['));
  ASSERT_LT(bomb.size(), 1u << 14);
  const std::string chunk = chunked(bomb, bomb.size());
  EXPECT_NE(Exchange(std::string(kChunkedHead) + kGzip + "\r\n" + chunk.substr(0, chunk.size() - 5),
                     Then::stall)
                .error(ErrorCode::bad_response),
            "");
  EXPECT_NE(Exchange("HTTP/1.1 200 OK\r\n\r\n" + std::string((1 << 20) + 1, '['), Then::stall)
                .error(ErrorCode::bad_response),
            "");
}

// As some content security policies are.
TEST(TransportBody, TakesHeadsOfUpTo64KiB) {
  for (const std::size_t size : {9'000U, 65'000U}) {
    const std::string policy = "Content-Security-Policy: " + std::string(size, 'x') + "\r\n";
    EXPECT_EQ(Exchange(answer(200, "[1]", policy)).response().body, "[1]") << size;
  }
  std::string many;
  for (int i = 0; i < 5'000; ++i) many += "Set: c\r\n";
  EXPECT_EQ(Exchange(answer(200, "[1]", many)).response().body, "[1]");
}

TEST(TransportBody, BoundsTheHeadAndTheTrailers) {
  EXPECT_NE(Exchange("HTTP/1.1 200 OK\r\nX: " + std::string(70000, 'x'), Then::stall)
                .error(ErrorCode::bad_response),
            "");
  std::string trailers = std::string(kChunkedHead) + "\r\n0\r\n";
  for (int i = 0; i < 200; ++i) trailers += "A: b\r\n";
  EXPECT_NE(Exchange(trailers, Then::stall).error(ErrorCode::bad_response), "");
  EXPECT_NE(Exchange(std::string(kChunkedHead) + "\r\n1" + std::string(5000, ' '), Then::stall)
                .error(ErrorCode::bad_response),
            "");
}

// Serves every beginning of `whole` in turn: each is an error or the complete body, never a part.
void expect_no_part_passes(const std::string& whole, const std::string& body) {
  HttpServer server([&](const std::string&, int number) {
    return Reply{whole.substr(0, static_cast<std::size_t>(number)), Then::close};
  });
  TransportOptions options;
  options.endpoint = server.url();
  auto transport = make_http_transport(options);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    try {
      const HttpResponse response = transport->send({"GET", "/x", ""}, {});
      EXPECT_EQ(response.body, body) << "cut at " << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::timeout) << "cut at " << size << ": " << error.what();
    }
    EXPECT_EQ(server.requests().size(), size + 1);
  }
  EXPECT_EQ(transport->send({"GET", "/x", ""}, {}).body, body);
}

TEST(TransportBody, NoCutAnswerPassesForAWholeOne) {
  const std::string text = text_of(400);
  const std::string zipped = packed(text.substr(0, 200)) + packed(text.substr(200));
  expect_no_part_passes(answer(200, text), text);
  expect_no_part_passes(answer(200, zipped, kGzip), text);
  expect_no_part_passes(kChunkedHead + ("\r\n" + chunked(text, 64)), text);
  expect_no_part_passes(std::string(kChunkedHead) + kGzip + "\r\n" + chunked(zipped, 64), text);
}

// Without a length or chunks only gzip itself can tell; one member, for a cut between two shows
// nowhere.
TEST(TransportBody, GzipTellsACutWhereTheFramingCannot) {
  const std::string zipped = packed(text_of(400));
  for (std::size_t size = 1; size < zipped.size(); ++size) {
    Exchange cut(std::string("HTTP/1.1 200 OK\r\n") + kGzip + "\r\n" + zipped.substr(0, size));
    EXPECT_NE(cut.error(ErrorCode::timeout), "") << "cut at " << size;
  }
}

TEST(TransportBody, AResetWithinABodyIsATimeout) {
  EXPECT_NE(Exchange("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,", Then::reset)
                .error(ErrorCode::timeout),
            "");
}

}  // namespace
}  // namespace nexus_mirror
