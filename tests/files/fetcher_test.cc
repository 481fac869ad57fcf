// One file from its link into the content store (CONTRACT.md 8, 1 to 6), off a server that answers
// as it is told.
#include "files/fetcher.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "content/content_folder.h"
#include "nexus_mirror/error.h"
#include "support/fake_env.h"
#include "support/faulty_files.h"
#include "support/http_server.h"
#include "support/temporary_folder.h"
#include "text/number.h"

namespace nexus_mirror::files {
namespace {

using testing::answer;
using testing::HttpServer;
using testing::Reply;

constexpr const char* kMirror = "0123456789abcdef0123456789abcdef";
constexpr const char* kTag = "\"tag\"";

std::string hash_headers(const std::string& bytes, const std::string& etag = kTag) {
  content::ContentDigest digest;
  digest.update(bytes);
  const content::ContentHashes hashes = digest.take();
  return "ETag: " + etag + "\r\nx-goog-hash: crc32c=" + hashes.crc32c +
         "\r\nx-goog-hash: md5=" + hashes.md5 + "\r\nContent-Type: image/png\r\n";
}

std::uint64_t from_of(const std::string& request) {
  const std::size_t at = request.find("Range: bytes=");
  if (at == request.npos) return 0;
  std::string_view rest = std::string_view(request).substr(at + 13);
  return text::take_number<std::uint64_t>(rest).value_or(0);
}

// The right answer of a storage that has `bytes`.
std::string stored(const std::string& request, const std::string& bytes,
                   const std::string& etag = kTag) {
  const std::uint64_t from = from_of(request);
  const bool ranged = request.find("Range: ") != request.npos;
  if (request.find("If-Match: ") != request.npos && request.find(etag) == request.npos) {
    return answer(412, "<Error/>");
  }
  if (!ranged) return answer(200, bytes, hash_headers(bytes, etag));
  const bool one = request.find("Range: bytes=0-0") != request.npos;
  const std::size_t last = one ? 0 : bytes.size() - 1;
  return answer(206, bytes.substr(from, last + 1 - from),
                hash_headers(bytes, etag) + "Content-Range: bytes " + std::to_string(from) + "-" +
                    std::to_string(last) + "/" + std::to_string(bytes.size()) + "\r\n");
}

class FetcherTest : public ::testing::Test {
 protected:
  FetcherTest() {
    FileTransportOptions options;
    options.read_timeout = std::chrono::milliseconds(200);
    options.on_bytes = [this] {
      if (on_bytes_) on_bytes_();
    };
    transport_ = make_file_transport(options);
    for (int i = 0; i < 300000; ++i) bytes_ += static_cast<char>(i * 31 + i / 251);
    bytes_.replace(0, 8, "\x89PNG\r\n\x1a\n");
  }

  FetchOutcome run(const HttpServer& server, FetchOrder order = {}) {
    content::ContentStore store(folder_ / "files", 0600, kMirror, false);
    content::DiskRoom room(folder_ / "files", min_free_);
    Bandwidth bandwidth(0, env_);
    const FetchContext context{*transport_,
                               store,
                               room,
                               bandwidth,
                               hosts_,
                               env_,
                               {.first_ms = 100, .most_ms = 1000, .tries = 3},
                               received_,
                               max_file_,
                               over_.get_token()};
    order.key = "key";
    order.kind = FileKind::picture;
    if (order.link.empty()) order.link = server.url() + "/bucket/a.png?X-Goog-Signature=secret";
    FetchOutcome outcome = fetch(order, context, stop_.get_token());
    store.settle();
    // Nothing that is stored is something else than its name says.
    content::for_each_content(folder_ / "files", [&](const std::string& sha256, std::uint64_t) {
      EXPECT_EQ(content::hash_file(content::content_path(folder_ / "files", sha256), {})->sha256,
                sha256);
    });
    EXPECT_EQ(outcome.reason.find("secret"), std::string::npos) << outcome.reason;
    if (outcome.end == FetchEnd::fetched) {
      std::ifstream in(content::content_path(folder_ / "files", outcome.content.sha256),
                       std::ios::binary);
      got_.assign(std::istreambuf_iterator<char>(in), {});
    }
    return outcome;
  }
  std::size_t contents() const {
    std::size_t count = 0;
    content::for_each_content(folder_ / "files", [&](const auto&, std::uint64_t) { ++count; });
    return count;
  }
  // What the whole right answer is cut down to.
  static std::string first_part(const std::string& reply, std::size_t bytes) {
    return reply.substr(0, reply.find("\r\n\r\n") + 4 + bytes);
  }

  const testing::TemporaryFolder folder_;
  testing::FakeEnv env_;
  std::unique_ptr<FileTransport> transport_;
  std::stop_source stop_;
  std::atomic<std::uint64_t> received_{0};
  std::uint64_t min_free_ = 0, max_file_ = 0;
  std::stop_source over_;
  std::function<void()> on_bytes_;
  StorageHosts hosts_{env_};
  std::string bytes_, got_;
};

TEST_F(FetcherTest, Promise1WholeOrNotThereStoresWhatTheHashProves) {
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::fetched) << outcome.reason;
  EXPECT_EQ(got_, bytes_);
  EXPECT_EQ(outcome.content.bytes, bytes_.size());
  EXPECT_EQ(outcome.etag, kTag);
  EXPECT_EQ(outcome.content_type, "image/png");
  const std::string request = server.requests().at(0);
  EXPECT_EQ(request.find("Secret-Key"), std::string::npos);
  EXPECT_NE(request.find("Accept-Encoding: gzip"), std::string::npos);
}

TEST_F(FetcherTest, Promise1WholeOrNotThereRefusesAWrongHash) {
  HttpServer server(
      [&](const std::string&, int) { return Reply{answer(200, bytes_, hash_headers("other"))}; });
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::failed);
  EXPECT_NE(outcome.reason.find("another hash"), std::string::npos) << outcome.reason;
  EXPECT_EQ(contents(), 0U);
  EXPECT_EQ(server.requests().size(), 4U);
}

TEST_F(FetcherTest, Promise1WholeOrNotThereRefusesAnErrorPageForAPicture) {
  for (const std::string type : {"text/html", "image/png"}) {
    HttpServer server([&](const std::string&, int) {
      return Reply{answer(200, "<html>Please wait</html>", "Content-Type: " + type + "\r\n")};
    });
    EXPECT_EQ(run(server).end, FetchEnd::failed) << type;
  }
  HttpServer noise([&](const std::string&, int) {
    return Reply{answer(200, "no picture at all", "Content-Type: image/png\r\n")};
  });
  EXPECT_EQ(run(noise).end, FetchEnd::failed);
  HttpServer fine([&](const std::string&, int) {
    return Reply{answer(200, bytes_, "Content-Type: application/octet-stream\r\n")};
  });
  EXPECT_EQ(run(fine).end, FetchEnd::fetched) << "no hash is no reason";
  EXPECT_EQ(contents(), 1U);
}

TEST_F(FetcherTest, Promise1WholeOrNotThereTakesNoBodyWhoseEndNothingTells) {
  HttpServer server([&](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + bytes_, Reply::Then::close};
  });
  EXPECT_EQ(run(server).end, FetchEnd::failed);
  EXPECT_EQ(contents(), 0U);
}

TEST_F(FetcherTest, Promise1WholeOrNotThereUnpacksAndKnowsTheHashesOfEither) {
  const std::string packed = testing::packed(bytes_);
  for (const std::string& hashed : {bytes_, packed}) {
    std::filesystem::remove_all(folder_ / "files");
    HttpServer server([&](const std::string&, int) {
      return Reply{answer(200, packed, hash_headers(hashed) + "Content-Encoding: gzip\r\n")};
    });
    const FetchOutcome outcome = run(server);
    EXPECT_EQ(outcome.end, FetchEnd::fetched) << outcome.reason;
    EXPECT_EQ(got_, bytes_);
  }
}

TEST_F(FetcherTest, Promise2ResumedWithRangeAndIfMatch) {
  HttpServer server([&](const std::string& request, int number) {
    const std::string reply = stored(request, bytes_);
    if (number == 0) return Reply{first_part(reply, 150000), Reply::Then::close};
    return Reply{reply};
  });
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::fetched) << outcome.reason;
  EXPECT_EQ(got_, bytes_);
  const std::string second = server.requests().at(1);
  EXPECT_NE(second.find("Range: bytes=1"), std::string::npos) << second;
  EXPECT_NE(second.find("If-Match: \"tag\""), std::string::npos) << second;
  EXPECT_NE(second.find("Accept-Encoding: identity"), std::string::npos) << second;
}

TEST_F(FetcherTest, Promise2ResumedByAnotherProcess) {
  std::uint64_t before = 0;
  {
    HttpServer server([&](const std::string& request, int) {
      return Reply{first_part(stored(request, bytes_), 150000), Reply::Then::stall};
    });
    env_.on_sleep = [&] { stop_.request_stop(); };
    EXPECT_EQ(run(server).end, FetchEnd::stopped);
    before = received_;
    EXPECT_GT(before, 60000U);
  }
  stop_ = {};
  env_.on_sleep = {};
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  EXPECT_EQ(got_, bytes_);
  EXPECT_EQ(from_of(server.requests().at(0)), before);
  EXPECT_EQ(received_, bytes_.size()) << "no byte came twice";
}

// Never two parts of two versions, whatever the server makes of Range and If-Match.
TEST_F(FetcherTest, Promise2ResumedAnotherVersionBeginsAnew) {
  std::string other = bytes_;
  other[200] = static_cast<char>(other[200] ^ 1);
  for (const int status : {412, 200, 206, 416}) {
    std::filesystem::remove_all(folder_ / "files");
    HttpServer server([&](const std::string& request, int number) {
      if (number == 0)
        return Reply{first_part(stored(request, bytes_), 150000), Reply::Then::close};
      if (number == 1 && status == 412) return Reply{stored(request, other, "\"new\"")};
      if (number == 1 && status == 416) return Reply{answer(416, "")};
      if (number == 1 && status == 206) {  // the server heeds no If-Match
        const std::uint64_t from = from_of(request);
        return Reply{answer(206, other.substr(from),
                            hash_headers(other, kTag) + "Content-Range: bytes " +
                                std::to_string(from) + "-299999/300000\r\n")};
      }
      return Reply{answer(200, other, hash_headers(other, "\"new\""))};
    });
    const FetchOutcome outcome = run(server);
    EXPECT_EQ(outcome.end, FetchEnd::fetched) << status << outcome.reason;
    EXPECT_EQ(got_, other) << status;
  }
}

TEST_F(FetcherTest, Promise2ResumedAnotherPartThanAskedForBeginsAnew) {
  HttpServer server([&](const std::string& request, int number) {
    const std::string reply = stored(request, bytes_);
    if (number == 0) return Reply{first_part(reply, 150000), Reply::Then::close};
    if (number > 1) return Reply{reply};
    return Reply{
        answer(206, bytes_, hash_headers(bytes_) + "Content-Range: bytes 0-299999/300000\r\n")};
  });
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  EXPECT_EQ(got_, bytes_);
  EXPECT_EQ(from_of(server.requests().at(2)), 0U);
}

TEST_F(FetcherTest, Promise3AliveADeadLinkIsKnownByItsAnswer) {
  for (const int status : {401, 403, 410}) {
    HttpServer server([&](const std::string&, int) { return Reply{answer(status, "no")}; });
    EXPECT_EQ(run(server).end, FetchEnd::dead_link) << status;
    EXPECT_EQ(server.requests().size(), 1U) << "it is not asked again";
  }
  HttpServer expired([&](const std::string&, int) {
    return Reply{answer(400, "<Error><Code>ExpiredToken</Code></Error>")};
  });
  EXPECT_EQ(run(expired).end, FetchEnd::dead_link);
  HttpServer malformed([&](const std::string&, int) {
    return Reply{answer(400, "<Error><Code>MalformedSecurityHeader</Code></Error>")};
  });
  EXPECT_EQ(run(malformed).end, FetchEnd::failed);
}

TEST_F(FetcherTest, Promise4PrivateRedirectsStayAtHome) {
  HttpServer elsewhere([&](const std::string&, int) { return Reply{answer(200, bytes_)}; });
  HttpServer server([&](const std::string& request, int) {
    if (request.starts_with("GET /there")) return Reply{stored(request, bytes_)};
    return Reply{answer(302, "", "Location: /there?X-Goog-Signature=secret\r\n")};
  });
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  HttpServer away([&](const std::string&, int) {
    return Reply{answer(302, "", "Location: " + elsewhere.url() + "/a?sig=secret\r\n")};
  });
  EXPECT_EQ(run(away).end, FetchEnd::failed);
  EXPECT_EQ(elsewhere.requests().size(), 0U);
  FetchOrder order;
  order.link = "http://storage.example.com/a?X-Goog-Signature=secret";
  const FetchOutcome outcome = run(server, order);
  EXPECT_EQ(outcome.end, FetchEnd::failed) << "https only";
}

TEST_F(FetcherTest, Promise5NeverAFullDisk) {
  struct SaidFree final : env::FileFaults {
    env::FileFault before(env::FileCall, const std::filesystem::path&) override { return {}; }
    std::optional<std::uint64_t> free_space() override { return 1000000; }
  } said;
  env::set_file_faults(&said);
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  min_free_ = 800000;
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::no_room);
  EXPECT_EQ(outcome.missing_bytes, bytes_.size());
  EXPECT_EQ(contents(), 0U);
  // Of unknown length: stopped where it begins.
  std::string large = bytes_;
  while (large.size() < 3000000) large += bytes_;
  HttpServer endless([&](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + hash_headers(large) +
                 "\r\n" + testing::chunked(large, 100000)};
  });
  EXPECT_EQ(run(endless).end, FetchEnd::no_room);
  min_free_ = 0;
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  env::set_file_faults(nullptr);
}

TEST_F(FetcherTest, Promise6ContainedTriesAgainWithGrowingPausesThenGivesUp) {
  HttpServer server([&](const std::string&, int) { return Reply{answer(503, "")}; });
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::failed);
  EXPECT_EQ(outcome.reason, "the storage answered 503");
  EXPECT_FALSE(outcome.missing);
  EXPECT_EQ(server.requests().size(), 4U);
  HttpServer gone([&](const std::string&, int) { return Reply{answer(404, "")}; });
  const FetchOutcome missing = run(gone);
  EXPECT_EQ(missing.end, FetchEnd::failed);
  EXPECT_TRUE(missing.missing);
  EXPECT_EQ(gone.requests().size(), 1U);
}

TEST_F(FetcherTest, Promise6ContainedWhatAStorageSaysIsOneLine) {
  HttpServer server([&](const std::string&, int) {
    return Reply{answer(200, bytes_, "x-goog-hash: crc32c=\x1b[31mred\tno\r\n")};
  });
  const FetchOutcome outcome = run(server);
  EXPECT_EQ(outcome.end, FetchEnd::failed);
  for (const char c : outcome.reason) EXPECT_GE(static_cast<unsigned char>(c), 0x20U);
}

// Whoever else asks that host waits as well.
TEST_F(FetcherTest, Promise6ContainedRetryAfterIsWaitedForByAll) {
  HttpServer server([&](const std::string& request, int number) {
    return number == 0 ? Reply{answer(503, "", "Retry-After: 30\r\n")}
                       : Reply{stored(request, bytes_)};
  });
  const std::int64_t begin = env_.monotonic_ms();
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  EXPECT_GE(env_.monotonic_ms() - begin, 30000);
  hosts_.ask_to_wait(server.url(), 20000);
  const std::int64_t again = env_.monotonic_ms();
  EXPECT_EQ(run(server).end, FetchEnd::fetched);
  EXPECT_GE(env_.monotonic_ms() - again, 20000);
  HttpServer other([&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  hosts_.ask_to_wait(server.url(), 20000);
  const std::int64_t elsewhere = env_.monotonic_ms();
  EXPECT_EQ(run(other).end, FetchEnd::fetched);
  EXPECT_EQ(env_.monotonic_ms(), elsewhere) << "it did not ask";
}

TEST_F(FetcherTest, Promise6ContainedAHostThatAsksToWaitForLongIsLeftAlone) {
  HttpServer server(
      [&](const std::string&, int) { return Reply{answer(503, "", "Retry-After: 3600\r\n")}; });
  EXPECT_EQ(run(server).end, FetchEnd::stopped) << "no fault of this file";
  ASSERT_TRUE(hosts_.trouble());
  EXPECT_NE(std::string(hosts_.trouble()->what()).find("3600 s"), std::string::npos);
  EXPECT_EQ(run(server).end, FetchEnd::stopped);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(StorageHostsTest, OneFromWhichNothingComesIsGivenUp) {
  testing::FakeEnv env;
  StorageHosts hosts(env);
  const std::string one = "https://one.example/a?s=1", two = "https://two.example/b?s=2";
  for (int i = 1; i < StorageHosts::kMostFailures; ++i) hosts.failed(one, "it answered 403");
  EXPECT_TRUE(hosts.is_ailing(one));
  EXPECT_FALSE(hosts.given_up(one));
  hosts.came(one);
  EXPECT_FALSE(hosts.is_ailing(one));
  for (int i = 0; i < StorageHosts::kMostFailures; ++i) hosts.failed(one, "it answered 403");
  EXPECT_TRUE(hosts.given_up("https://one.example/other"));
  ASSERT_TRUE(hosts.trouble());
  const std::string text = hosts.trouble()->what();
  EXPECT_NE(text.find("https://one.example"), std::string::npos) << text;
  EXPECT_NE(text.find("it answered 403"), std::string::npos) << text;
  hosts.came(two);
  EXPECT_TRUE(hosts.trouble());
  EXPECT_FALSE(hosts.given_up(two)) << "from another host files come";
}

// What can be gone on with is cut off when the time is over; what cannot comes to its end.
TEST_F(FetcherTest, ATimeLimitStopsWhatCanBeResumed) {
  HttpServer whole([&](const std::string& request, int) {
    if (request.find("Range: ") == request.npos) {
      return Reply{first_part(stored(request, bytes_), 100000), Reply::Then::stall};
    }
    return Reply{stored(request, bytes_)};
  });
  {
    std::jthread clock([&] {
      while (received_ == 0) std::this_thread::yield();
      over_.request_stop();
    });
    EXPECT_EQ(run(whole).end, FetchEnd::stopped);
  }
  over_ = {};
  EXPECT_EQ(run(whole).end, FetchEnd::fetched);
  EXPECT_GE(from_of(whole.requests().at(1)), 65000U) << "it goes on where it was";
  EXPECT_EQ(got_, bytes_);
  const std::string no_hash = "Content-Type: image/png\r\n";
  HttpServer slow([&](const std::string&, int) { return Reply{answer(200, bytes_, no_hash)}; });
  over_ = {};
  received_ = 0;
  on_bytes_ = [&] {
    if (received_ > 0) over_.request_stop();
  };
  EXPECT_EQ(run(slow).end, FetchEnd::fetched);
  EXPECT_EQ(run(slow).end, FetchEnd::stopped) << "nothing is begun any more";
}

// Nobody had said how large it is: it ends where it is too large.
TEST_F(FetcherTest, LargerThanMaxFileIsLeftOut) {
  max_file_ = 100000;
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  EXPECT_EQ(run(server).end, FetchEnd::too_large);
  HttpServer endless([&](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + hash_headers(bytes_) +
                 "\r\n" + testing::chunked(bytes_, 10000)};
  });
  EXPECT_EQ(run(endless).end, FetchEnd::too_large);
  EXPECT_EQ(contents(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "files/partial"));
  max_file_ = bytes_.size();
  EXPECT_EQ(run(endless).end, FetchEnd::fetched);
}

TEST_F(FetcherTest, Promise7OnceWhatIsUnchangedIsNotFetched) {
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  const FetchOutcome first = run(server);
  FetchOrder order;
  order.known_crc32c = first.content.crc32c;
  order.known_md5 = first.content.md5;
  EXPECT_EQ(run(server, order).end, FetchEnd::unchanged);
  EXPECT_NE(server.requests().at(1).find("Range: bytes=0-0"), std::string::npos);
  order.known_md5 = "other";
  EXPECT_EQ(run(server, order).end, FetchEnd::fetched);
}

TEST_F(FetcherTest, ConnectionsAreKept) {
  HttpServer server(
      [&](const std::string& request, int) { return Reply{stored(request, bytes_)}; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(server).end, FetchEnd::fetched);
  EXPECT_EQ(server.connections(), 1);
}

TEST(BandwidthTest, AllTogetherKeepToTheRate) {
  testing::FakeEnv env;
  Bandwidth bandwidth(1000000, env);
  const std::int64_t begin = env.monotonic_ms();
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(bandwidth.take(100000, {}));
  const std::int64_t took = env.monotonic_ms() - begin;
  EXPECT_GE(took, 9700);
  EXPECT_LE(took, 10001);
}

// A byte that much begins with is not enough.
TEST(FileKindTest, ATransportStreamIsKnownByThreePackets) {
  const std::string page = "Gateway Time-out: " + std::string(600, '.');
  EXPECT_NE(why_not(FileKind::video, "video/mp2t", page), "");
  for (const auto& [at, packet] : {std::pair<std::size_t, std::size_t>{0, 188}, {4, 192}}) {
    std::string stream(kFirstBytes, '\0');
    for (std::size_t i = at; i < stream.size(); i += packet) stream[i] = 'G';
    EXPECT_EQ(why_not(FileKind::video, "video/mp2t", stream), "");
    stream[at + packet] = 0;
    EXPECT_NE(why_not(FileKind::video, "video/mp2t", stream), "");
  }
}

TEST(FileKindTest, IsReadOffTypeAndName) {
  EXPECT_EQ(kind_of("image/png", "a.png"), FileKind::picture);
  EXPECT_EQ(kind_of("image/png", "a"), FileKind::picture);
  EXPECT_EQ(kind_of("image/x", "a.nii.gz"), FileKind::other);
  EXPECT_EQ(kind_of("", "a.JPG"), FileKind::picture);
  EXPECT_EQ(kind_of("video/mp4", "a"), FileKind::video);
  EXPECT_EQ(kind_of("", "a.mkv"), FileKind::video);
  EXPECT_EQ(kind_of("application/dicom", "a.dcm"), FileKind::other);
}

}  // namespace
}  // namespace nexus_mirror::files
