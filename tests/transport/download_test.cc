// download() against a real socket: what the host is shown, what reaches the file, what is refused.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "support/fake_env.h"
#include "support/faulty_files.h"
#include "support/http_server.h"
#include "support/temporary_folder.h"
#include "transport/origin.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using testing::answer;
using testing::chunked;
using testing::DiskFault;
using testing::FakeEnv;
using testing::FaultyFiles;
using testing::HttpServer;
using testing::name_of;
using testing::packed;
using testing::Reply;
using Then = testing::Reply::Then;

constexpr const char* kQuery = "?X-Goog-Signature=c0ffee&X-Goog-Expires=60";

class Download : public ::testing::Test {
 protected:
  Download() { options_.retry.max_retries = 2; }

  fs::path file() const { return folder_ / "archive"; }
  std::string bytes() const {
    std::ifstream stream(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void fetch(const std::string& link) { download(link, file(), options_, env_, {}); }

  Error error_of(const std::string& link) {
    try {
      fetch(link);
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("c0ffee"), std::string::npos) << error.what();
      EXPECT_FALSE(fs::exists(file()));
      return error;
    }
    ADD_FAILURE() << "no error";
    return {ErrorCode::usage, "", "", ""};
  }

  const testing::TemporaryFolder folder_;
  DownloadOptions options_;
  FakeEnv env_;
};

TEST_F(Download, WritesTheFileAndShowsNothingButTheLink) {
  const std::string content(3 << 20, 'x');
  HttpServer server([&](const std::string&, int) { return Reply{answer(200, content)}; });
  fetch(server.url() + "/b%2Fa%20c/f.zip" + kQuery);
  EXPECT_EQ(bytes(), content);
  struct stat found {};
  ASSERT_EQ(stat(file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  const std::string request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with(std::string("GET /b%2Fa%20c/f.zip") + kQuery + " HTTP/1.1\r\n"))
      << request;
  for (const char* header : {"Secret-Key", "Authorization", "Cookie", "Content-Type"}) {
    EXPECT_EQ(request.find(header), std::string::npos) << request;
  }
  EXPECT_NE(request.find("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"),
            std::string::npos);
}

TEST_F(Download, ReplacesWhatIsThere) {
  std::ofstream(file()) << std::string(1000, 'o');
  HttpServer server([](const std::string&, int) { return Reply{answer(200, "new")}; });
  fetch(server.url() + "/f");
  EXPECT_EQ(bytes(), "new");
}

TEST_F(Download, AFullDiskEndsItAtOnceAndLeavesNothing) {
  using env::FileCall;
  for (const FileCall kind : {FileCall::create, FileCall::write, FileCall::close}) {
    HttpServer server([](const std::string&, int) { return Reply{answer(200, "content")}; });
    const FaultyFiles files({{kind}, 1, DiskFault::short_write});
    const Error error = error_of(server.url() + "/f");
    EXPECT_TRUE(files.reached()) << name_of(kind);
    EXPECT_EQ(error.code(), ErrorCode::machine);
    EXPECT_EQ(std::string(error.what()),
              "writing " + file().string() +
                  ": the disk is full; check the disk's space and permissions");
    EXPECT_LE(server.requests().size(), 1U) << "to try again is no use";
  }
}

TEST_F(Download, TakesEachFraming) {
  const std::string content = std::string(200000, 'a') + std::string(300000, 'b');
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const Reply& reply : {
           Reply{head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(content, 70001)},
           Reply{head + "\r\n" + content, Then::close},
           Reply{answer(200, packed(content), "Content-Encoding: gzip\r\n")},
       }) {
    HttpServer server([&](const std::string&, int) { return reply; });
    fetch(server.url() + "/f");
    EXPECT_TRUE(bytes() == content);
  }
}

TEST_F(Download, NoticesABodyThatIsCutShort) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string gzip = packed(std::string(100000, 'a'));
  for (const std::string& cut :
       {head + "Content-Length: 10\r\n\r\n12345",
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        head + "Content-Encoding: gzip\r\n\r\n" + gzip.substr(0, gzip.size() / 2)}) {
    HttpServer server([&](const std::string&, int) { return Reply{cut, Then::close}; });
    EXPECT_EQ(error_of(server.url() + "/f" + kQuery).code(), ErrorCode::timeout);
    EXPECT_EQ(server.requests().size(), 3U);
  }
  // Whole at the second try: not a byte of the first is left.
  HttpServer server([&](const std::string&, int number) {
    if (number == 0) return Reply{head + "Content-Length: 9\r\n\r\n12345678", Then::close};
    return Reply{answer(200, "abc")};
  });
  fetch(server.url() + "/f");
  EXPECT_EQ(bytes(), "abc");
}

TEST_F(Download, TriesAgainWhatMayPass) {
  HttpServer server([](const std::string&, int number) {
    if (number == 0) return Reply{answer(503, "busy")};
    if (number == 1) return Reply{"", Then::reset};
    return Reply{answer(200, "abc")};
  });
  fetch(server.url() + "/f");
  EXPECT_EQ(bytes(), "abc");
  EXPECT_EQ(env_.sleeps().size(), 2U);
}

TEST_F(Download, TellsARefusalAtOnceWithoutItsQuery) {
  HttpServer server([](const std::string&, int) {
    return Reply{answer(403, "<Error><Code>SignatureDoesNotMatch c0ffee</Code></Error>")};
  });
  const Error error = error_of(server.url() + "/f.zip" + kQuery);
  EXPECT_EQ(error.http_status(), 403);
  EXPECT_NE(std::string(error.what()).find("/f.zip"), std::string::npos) << error.what();
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Download, TakesNoMoreThanItsLimit) {
  options_.max_bytes = 100000;
  const std::string head = "HTTP/1.1 200 OK\r\n";
  const std::string much(100001, 'a');
  for (const Reply& reply : {
           Reply{answer(200, much)},
           Reply{head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(much, 1000)},
           Reply{head + "\r\n" + much, Then::close},
           Reply{answer(200, packed(much), "Content-Encoding: gzip\r\n")},
       }) {
    HttpServer server([&](const std::string&, int) { return reply; });
    const Error error = error_of(server.url() + "/f" + kQuery);
    EXPECT_EQ(error.code(), ErrorCode::bad_response);
    EXPECT_NE(error.reason().find("100000 bytes"), std::string::npos) << error.reason();
    EXPECT_EQ(server.requests().size(), 1U);
  }
  HttpServer server([&](const std::string&, int) { return Reply{answer(200, much.substr(1))}; });
  fetch(server.url() + "/f");
  EXPECT_EQ(fs::file_size(file()), 100000U);
}

TEST_F(Download, FollowsRedirectsOfTheSameOriginOnly) {
  HttpServer server([](const std::string& request, int) {
    if (request.starts_with("GET /old"))
      return Reply{answer(302, "gone", "Location: /new?a=1\r\n")};
    return Reply{answer(200, "abc")};
  });
  fetch(server.url() + "/old" + kQuery);
  EXPECT_EQ(bytes(), "abc");
  EXPECT_TRUE(server.requests().at(1).starts_with("GET /new?a=1 "));

  HttpServer elsewhere([](const std::string&, int) { return Reply{answer(200, "other")}; });
  const std::string location = "Location: " + elsewhere.url() + "/x?s=c0ffee\r\n";
  HttpServer sender([&](const std::string&, int) { return Reply{answer(302, "", location)}; });
  EXPECT_EQ(error_of(sender.url() + "/f" + kQuery).code(), ErrorCode::bad_response);
  EXPECT_TRUE(elsewhere.requests().empty());

  HttpServer circle(
      [](const std::string&, int) { return Reply{answer(302, "", "Location: /again\r\n")}; });
  EXPECT_EQ(error_of(circle.url() + "/again").code(), ErrorCode::bad_response);
  EXPECT_EQ(circle.requests().size(), 6U);
}

TEST_F(Download, RefusesLinksThatAreNotHttps) {
  for (const char* link :
       {"http://example.com/f?s=c0ffee", "ftp://example.com/f", "file:///etc/passwd", "f", "",
        "https://user:c0ffee@example.com/f", "https:///f", "http://127.0.0.1:0/f"}) {
    EXPECT_EQ(error_of(link).code(), ErrorCode::bad_response) << link;
  }
  EXPECT_EQ(env_.sleeps().size(), 0U);
}

TEST_F(Download, SaysWhenTheHostIsNotThere) {
  std::string url;
  {
    HttpServer server([](const std::string&, int) { return Reply{answer(200, "")}; });
    url = server.url();
  }
  EXPECT_EQ(error_of(url + "/f" + kQuery).code(), ErrorCode::unreachable);
  EXPECT_EQ(env_.sleeps().size(), 2U);
}

TEST_F(Download, StopsAtOnce) {
  HttpServer server([](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Then::stall};
  });
  std::stop_source stop;
  std::thread stopper([&] {
    server.wait_for_requests(1);
    stop.request_stop();
  });
  try {
    download(server.url() + "/f" + kQuery, file(), options_, env_, stop.get_token());
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::interrupted);
  }
  stopper.join();
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(Download, TellsTroubleWithTheDiskApart) {
  HttpServer server([](const std::string&, int) { return Reply{answer(200, "abc")}; });
  try {
    download(server.url() + "/f", folder_ / "missing" / "f", options_, env_, {});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::machine);
  }
  EXPECT_EQ(env_.sleeps().size(), 0U);
}

TEST_F(Download, WritesThroughNoLink) {
  std::ofstream(folder_ / "victim") << "kept";
  fs::create_symlink(folder_ / "victim", file());
  HttpServer server([](const std::string&, int) { return Reply{answer(200, "abc")}; });
  EXPECT_THROW(fetch(server.url() + "/f"), Error);
  std::ifstream stream(folder_ / "victim");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "kept");
}

TEST(Link, KeepsThePathAsItWasSigned) {
  const transport::Link link =
      transport::parse_link("HTTPS://Storage.Example.com/a%2Fb+c/%e4?x=%2F&y=1#part");
  EXPECT_EQ(link.origin.text(), "https://storage.example.com");
  EXPECT_EQ(link.target, "/a%2Fb+c/%e4?x=%2F&y=1");
  EXPECT_EQ(transport::parse_link("https://h:444").target, "/");
  EXPECT_EQ(transport::parse_link("https://h?a=1").target, "/?a=1");
}

}  // namespace
}  // namespace nexus_mirror
