// Faults of files, by plan, at the emulator's second address.
#include "emulator/storage_faults.h"

#include <Poco/InflatingStream.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "emulator/server.h"
#include "support/emulator_process.h"

namespace nexus_mirror::emulator {
namespace {

using nexus_mirror::testing::fetch;
using nexus_mirror::testing::FetchedAnswer;

class EmulatorStorageFaultsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.synthetic = SyntheticOptions{4, 4, 1, 1};
    server_ = std::make_unique<EmulatorServer>(options);
    rapidjson::Document projects, assets;
    projects.Parse(fetch("GET", server_->url() + "/workspace/projects").body.c_str());
    const std::string project = projects[0]["id"].GetString();
    assets.Parse(fetch("GET", server_->url() + "/projects/" + project + "/assets").body.c_str());
    link_ = assets["data"][0]["url"].GetString();
    right_ = fetch("GET", link_);
    ASSERT_EQ(right_.status, 200);
  }

  // The file as it comes when `fault` is planned for every request.
  FetchedAnswer with(const std::string& fault,
                     const std::map<std::string, std::string>& headers = {}) {
    plan(fault);
    const FetchedAnswer answer = fetch("GET", link_, headers);
    fetch("DELETE", server_->url() + "/_emulator/faults");
    return answer;
  }
  void plan(const std::string& fault) {
    const FetchedAnswer answer =
        fetch("POST", server_->url() + "/_emulator/faults", {},
              R"({"match":"/nexus-emulator/","nth":0,"fault":")" + fault + "\"}");
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  static std::string unpacked(const std::string& body) {
    std::istringstream stream(body);
    Poco::InflatingInputStream inflater(stream, Poco::InflatingStreamBuf::STREAM_GZIP);
    std::string text;
    Poco::StreamCopier::copyToString(inflater, text);
    return text;
  }

  std::unique_ptr<EmulatorServer> server_;
  std::string link_;
  FetchedAnswer right_;
};

TEST_F(EmulatorStorageFaultsTest, ALinkIsSaidToBeDead) {
  const FetchedAnswer answer = with("expired");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("<Code>ExpiredToken</Code>"), std::string::npos);
}

TEST_F(EmulatorStorageFaultsTest, AnotherVersionHasATagAndHashesOfItsOwn) {
  const FetchedAnswer other = with("other_version");
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.body.size(), right_.body.size());
  EXPECT_NE(other.body, right_.body);
  EXPECT_NE(other.headers.at("ETag"), right_.headers.at("ETag"));
  EXPECT_NE(other.headers.at("x-goog-hash"), right_.headers.at("x-goog-hash"));
  EXPECT_EQ(with("other_version", {{"Range", "bytes=10-"}, {"If-Match", right_.headers.at("ETag")}})
                .status,
            412);
}

TEST_F(EmulatorStorageFaultsTest, HashesAreMissingOrThoseOfAnother) {
  const FetchedAnswer none = with("no_hash"), wrong = with("wrong_hash");
  EXPECT_EQ(none.body, right_.body);
  EXPECT_EQ(none.headers.count("x-goog-hash"), 0U);
  EXPECT_EQ(wrong.body, right_.body);
  EXPECT_NE(wrong.headers.at("x-goog-hash"), right_.headers.at("x-goog-hash"));
}

TEST_F(EmulatorStorageFaultsTest, HalfOfAFilePassesForTheWhole) {
  const FetchedAnswer half = with("short_file");
  EXPECT_EQ(half.status, 200);
  EXPECT_EQ(half.body, right_.body.substr(0, right_.body.size() / 2));
  EXPECT_EQ(half.headers.at("x-goog-hash"), right_.headers.at("x-goog-hash"));
}

TEST_F(EmulatorStorageFaultsTest, APartIsAskedForAndSomethingElseComes) {
  const FetchedAnswer whole = with("no_range", {{"Range", "bytes=10-"}});
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, right_.body);
  const FetchedAnswer other = with("other_range", {{"Range", "bytes=10-"}});
  EXPECT_EQ(other.status, 206);
  EXPECT_TRUE(other.headers.at("Content-Range").starts_with("bytes 0-"));
}

TEST_F(EmulatorStorageFaultsTest, APackedFileHasTheHashesOfWhatIsStored) {
  const FetchedAnswer stored = with("stored_packed"), proxied = with("packed_on_the_way");
  for (const FetchedAnswer& answer : {stored, proxied}) {
    EXPECT_EQ(answer.headers.at("Content-Encoding"), "gzip");
    EXPECT_EQ(unpacked(answer.body), right_.body);
  }
  EXPECT_NE(stored.headers.at("x-goog-hash"), right_.headers.at("x-goog-hash"));
  EXPECT_EQ(proxied.headers.at("x-goog-hash"), right_.headers.at("x-goog-hash"));
}

TEST_F(EmulatorStorageFaultsTest, AnAnswerHangsInItsMiddle) {
  plan("hang");
  const std::string target = link_.substr(link_.find('/', link_.find("//") + 2));
  const std::string host = link_.substr(link_.find("//") + 2, link_.find('/', 8) - 7);
  Poco::Net::StreamSocket socket{Poco::Net::SocketAddress(host)};
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  socket.sendBytes(request.data(), static_cast<int>(request.size()));
  std::string got;
  const auto body = [&] { return got.find("\r\n\r\n") + 4; };
  while (got.find("\r\n\r\n") == std::string::npos ||
         got.size() - body() < right_.body.size() / 2) {
    char buffer[4096];
    const int count = socket.receiveBytes(buffer, sizeof buffer);
    ASSERT_GT(count, 0);
    got.append(buffer, static_cast<std::size_t>(count));
  }
  EXPECT_EQ(got.substr(body()), right_.body.substr(0, right_.body.size() / 2));
  EXPECT_EQ(socket.available(), 0);
}

TEST_F(EmulatorStorageFaultsTest, TheApiAnswersAsEver) {
  const std::string workspace = fetch("GET", server_->url() + "/workspace").body;
  fetch("POST", server_->url() + "/_emulator/faults", {}, R"({"nth":0,"fault":"expired"})");
  EXPECT_EQ(fetch("GET", server_->url() + "/workspace").body, workspace);
}

}  // namespace
}  // namespace nexus_mirror::emulator
