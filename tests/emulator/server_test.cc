#include "emulator/server.h"

#include <Poco/Exception.h>
#include <Poco/InflatingStream.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <sstream>
#include <string>

#include "nexus_mirror/error.h"
#include "support/emulator_process.h"

namespace nexus_mirror::emulator {
namespace {

using nexus_mirror::testing::fetch;
using nexus_mirror::testing::FetchedAnswer;

class EmulatorServerTest : public ::testing::Test {
 protected:
  static ServerOptions options() {
    ServerOptions options;
    options.synthetic = SyntheticOptions{40, 200, 1, 1};
    options.secret_key = "right";
    return options;
  }
  void start(const ServerOptions& options) {
    server_ = std::make_unique<EmulatorServer>(options);
    const FetchedAnswer answer = get("/workspace/projects");
    rapidjson::Document projects;
    projects.Parse(answer.body.c_str());
    if (projects.IsArray()) project_ = "/projects/" + std::string(projects[0]["id"].GetString());
    fetch("DELETE", server_->url() + "/_emulator/requests");
  }
  void SetUp() override { start(options()); }

  FetchedAnswer get(const std::string& target, const std::string& key = "right",
                    std::map<std::string, std::string> headers = {}) {
    if (!key.empty()) headers["Secret-Key"] = key;
    return fetch("GET", server_->url() + target, headers);
  }
  std::string control(const std::string& method, const std::string& path,
                      const std::string& body = "", int status = 200) {
    const FetchedAnswer answer = fetch(method, server_->url() + "/_emulator/" + path, {}, body);
    EXPECT_EQ(answer.status, status) << path << answer.body;
    return answer.body;
  }
  void plan(const std::string& fault) { control("POST", "faults", "[" + fault + "]"); }

  std::unique_ptr<EmulatorServer> server_;
  std::string project_;
};

TEST_F(EmulatorServerTest, OnlyTheRightKeyIsLetIn) {
  EXPECT_EQ(get("/workspace").status, 200);
  for (const char* const key : {"", "wrong"}) {
    const FetchedAnswer answer = get("/workspace", key);
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.body.find("\"code\":\"ForbiddenError\""), std::string::npos);
  }
  ServerOptions other = options();
  other.wrong_key_status = 401;
  start(other);
  const FetchedAnswer answer = get("/workspace", "wrong");
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.body.find("\"code\":\"UnauthorizedError\""), std::string::npos);
}

TEST_F(EmulatorServerTest, WithoutAKeyEveryRequestIsLetIn) {
  ServerOptions open = options();
  open.secret_key.clear();
  start(open);
  EXPECT_EQ(get("/workspace", "").status, 200);
  EXPECT_EQ(get("/workspace", "any").status, 200);
}

TEST_F(EmulatorServerTest, OneConnectionCarriesManyRequests) {
  Poco::Net::HTTPClientSession session("127.0.0.1", server_->port());
  session.setKeepAlive(true);
  for (int i = 0; i < 3; ++i) {
    Poco::Net::HTTPRequest request("GET", "/workspace", Poco::Net::HTTPRequest::HTTP_1_1);
    request.set("Secret-Key", "right");
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    std::string body;
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    EXPECT_TRUE(response.getKeepAlive());
    EXPECT_TRUE(response.hasContentLength());
    EXPECT_EQ(response.get("Content-Type"), "application/json");
  }
}

TEST_F(EmulatorServerTest, LargeBodiesArePackedForThoseWhoTakeIt) {
  const std::string target = project_ + "/annotations?limit=50";
  const FetchedAnswer plain = get(target);
  const FetchedAnswer packed = get(target, "right", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(plain.headers.count("Content-Encoding"), 0U);
  ASSERT_EQ(packed.headers.at("Content-Encoding"), "gzip");
  std::istringstream stream(packed.body);
  Poco::InflatingInputStream inflater(stream, Poco::InflatingStreamBuf::STREAM_GZIP);
  std::string body;
  Poco::StreamCopier::copyToString(inflater, body);
  EXPECT_EQ(body, plain.body);
  EXPECT_LT(packed.body.size(), plain.body.size());
  EXPECT_EQ(
      get("/workspace", "right", {{"Accept-Encoding", "gzip"}}).headers.count("Content-Encoding"),
      0U);
}

TEST_F(EmulatorServerTest, TheJournalTellsWhatWasAsked) {
  get("/workspace?a=b%20c");
  get("/none", "wrong", {{"User-Agent", "tester"}});
  const std::string journal = control("GET", "requests");
  EXPECT_EQ(journal.find("right"), std::string::npos) << journal;
  EXPECT_EQ(journal.find("wrong"), std::string::npos) << journal;
  rapidjson::Document document;
  document.Parse(journal.c_str());
  EXPECT_EQ(document["count"].GetInt(), 2);
  const auto& requests = document["requests"];
  ASSERT_EQ(requests.Size(), 2U);
  EXPECT_EQ(requests[0]["n"].GetInt(), 1);
  EXPECT_STREQ(requests[0]["method"].GetString(), "GET");
  EXPECT_STREQ(requests[0]["path"].GetString(), "/workspace");
  EXPECT_STREQ(requests[0]["query"].GetString(), "a=b%20c");
  EXPECT_EQ(requests[0]["status"].GetInt(), 200);
  EXPECT_TRUE(requests[0]["key"].GetBool());
  EXPECT_EQ(requests[1]["status"].GetInt(), 403);
  EXPECT_FALSE(requests[1]["key"].GetBool());
  EXPECT_STREQ(requests[1]["headers"]["User-Agent"].GetString(), "tester");
  control("DELETE", "requests");
  EXPECT_EQ(control("GET", "requests"), R"({"count":0,"requests":[]})");
}

TEST_F(EmulatorServerTest, ObjectsCanBePutAndDeleted) {
  const std::string id = project_.substr(10);
  const std::string text = R"({"id":"run_1","projectId":")" + id + R"(","note":1.50})";
  EXPECT_EQ(control("PUT", "objects/runs/run_1", text), R"({"replaced":false})");
  EXPECT_EQ(get(project_ + "/runs/run_1").body, text);
  EXPECT_EQ(control("PUT", "objects/runs/run_1", text), R"({"replaced":true})");
  control("DELETE", "objects/runs/run_1");
  EXPECT_EQ(get(project_ + "/runs/run_1").status, 404);
  control("DELETE", "objects/runs/run_1", "", 404);
  control("DELETE", "objects/tags/" + id + ":3");
  EXPECT_EQ(get(project_ + "/tags").body.find("\"index\":3"), std::string::npos);
  control("PUT", "objects/workspace", R"({"id":"ws","name":"new"})");
  EXPECT_EQ(get("/workspace").body, R"({"id":"ws","name":"new"})");
  control("PUT", "objects/runs/run_1", "{", 400);
  control("PUT", "objects/runs", "{}", 400);
  control("PUT", "objects/colors/red", "{}", 404);
  control("GET", "none", "", 404);
}

TEST_F(EmulatorServerTest, AFaultHitsTheRequestItIsMeantFor) {
  plan(R"({"match":"/tags","nth":2,"times":2,"fault":"status","status":429,"retry_after":"7"})");
  const auto status = [&] { return get(project_ + "/tags").status; };
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(get("/workspace").status, 200);
  const FetchedAnswer limited = get(project_ + "/tags");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.headers.at("Retry-After"), "7");
  EXPECT_NE(limited.body.find("TooManyRequestsError"), std::string::npos);
  EXPECT_EQ(status(), 429);
  EXPECT_EQ(status(), 200);
}

TEST_F(EmulatorServerTest, FaultsCanMatchByPatternForEverUntilCleared) {
  plan(R"({"match":"annotations\\?.*page=","nth":0,"fault":"dead_cursor"})");
  const std::string target = project_ + "/annotations?limit=5";
  const std::string first = get(target).body;
  rapidjson::Document page;
  page.Parse(first.c_str());
  const std::string next = target + "&page=" + page["nextPage"].GetString();
  EXPECT_EQ(get(next).status, 400);
  EXPECT_EQ(get(next).status, 400);
  control("DELETE", "faults");
  EXPECT_EQ(get(next).status, 200);
}

TEST_F(EmulatorServerTest, BodiesCanBeWrongInManyWays) {
  const std::string target = project_ + "/tags";
  plan(R"({"match":"/tags","fault":"html","status":502})");
  const FetchedAnswer html = get(target);
  EXPECT_EQ(html.status, 502);
  EXPECT_EQ(html.headers.at("Content-Type"), "text/html");
  plan(R"({"match":"/tags","fault":"empty"})");
  EXPECT_EQ(get(target).body, "");
  plan(R"({"match":"/tags","fault":"not_json"})");
  rapidjson::Document document;
  EXPECT_TRUE(document.Parse(get(target).body.c_str()).HasParseError());
  plan(R"({"match":"/tags","fault":"deep","bytes":100})");
  EXPECT_EQ(get(target).body, std::string(50, '[') + std::string(50, ']'));
  plan(R"({"match":"/tags","fault":"huge","bytes":200000})");
  EXPECT_EQ(get(target).body, "[" + std::string(199998, ' ') + "]");
  plan(R"({"match":"/tags","fault":"redirect","location":"https://x.test/"})");
  const FetchedAnswer redirect = get(target);
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(redirect.headers.at("Location"), "https://x.test/");
  const std::string right = get(target).body;
  plan(R"({"match":"/tags","fault":"slow","ms":1})");
  EXPECT_EQ(get(target).body, right);
}

TEST_F(EmulatorServerTest, AGzipBombUnpacksToManyTimesItsSize) {
  plan(R"({"match":"/tags","fault":"gzip_bomb","bytes":3000000})");
  const FetchedAnswer bomb = get(project_ + "/tags");
  EXPECT_EQ(bomb.headers.at("Content-Encoding"), "gzip");
  EXPECT_LT(bomb.body.size(), 60000U);
  std::istringstream stream(bomb.body);
  Poco::InflatingInputStream inflater(stream, Poco::InflatingStreamBuf::STREAM_GZIP);
  std::string body;
  Poco::StreamCopier::copyToString(inflater, body);
  EXPECT_EQ(body.size(), 3000000U);
}

TEST_F(EmulatorServerTest, ConnectionsCanBreak) {
  const std::string target = project_ + "/tags";
  plan(R"({"match":"/tags","fault":"reset"})");
  EXPECT_THROW(get(target), Poco::Exception);
  plan(R"({"match":"/tags","fault":"cut"})");
  EXPECT_THROW(get(target), Poco::Exception);
  const std::string right = get(target).body;
  plan(R"({"match":"/tags","fault":"cut","chunked":true})");
  const FetchedAnswer cut = get(target);  // the client does not miss the last chunk
  EXPECT_EQ(cut.body, right.substr(0, right.size() / 2));
  EXPECT_EQ(get(target).body, right);
}

TEST_F(EmulatorServerTest, ARepeatedCursorComesWithTheRightPage) {
  plan(R"({"match":"/annotations","fault":"repeat_cursor"})");
  const std::string target = project_ + "/annotations?limit=5";
  rapidjson::Document repeated, right;
  repeated.Parse(get(target).body.c_str());
  right.Parse(get(target).body.c_str());
  EXPECT_TRUE(repeated["data"] == right["data"]);
  EXPECT_TRUE(repeated["nextPage"] != right["nextPage"]);
}

TEST_F(EmulatorServerTest, StoppingEndsAStalledExchange) {
  plan(R"({"match":"/tags","fault":"stall"})");
  Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", server_->port()));
  const std::string request = "GET " + project_ + "/tags HTTP/1.1\r\nHost: x\r\n\r\n";
  socket.sendBytes(request.data(), static_cast<int>(request.size()));
  // The journal has the request once it is being answered.
  while (control("GET", "requests").find("/tags") == std::string::npos) {
  }
  server_->stop();
  char byte = 0;
  int received = 0;
  try {
    received = socket.receiveBytes(&byte, 1);
  } catch (const Poco::Exception&) {
    received = 0;  // reset, which is an end as well
  }
  EXPECT_EQ(received, 0);
}

TEST_F(EmulatorServerTest, FaultsThatMakeNoSenseAreRefusedWhole) {
  for (const char* const text :
       {"", "[{}]", R"([{"match":"a","fault":"none"}])", R"([{"fault":"reset","nht":1}])",
        R"([{"fault":"status","status":99}])", R"([{"fault":"empty"},{"fault":"x"}])",
        R"([{"fault":"slow","ms":-1}])"}) {
    control("POST", "faults", text, 400);
  }
  EXPECT_EQ(get("/workspace").status, 200);
}

TEST_F(EmulatorServerTest, AboveTheRateLimitRequestsAreToldToWait) {
  ServerOptions limited = options();
  limited.rate_limit = {3, 3600};
  start(limited);  // takes the first
  EXPECT_EQ(get("/workspace").status, 200);
  EXPECT_EQ(get("/workspace").status, 200);
  const FetchedAnswer refused = get("/workspace");
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.headers.at("Retry-After")), 3000);
}

TEST_F(EmulatorServerTest, ATakenPortIsAnError) {
  ServerOptions second = options();
  second.port = server_->port();
  try {
    const EmulatorServer server(second);
    FAIL() << "two servers listen on " << second.port;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_NE(std::string(error.what()).find(std::to_string(second.port)), std::string::npos);
  }
}

TEST(EmulatorRateLimitTest, AWindowBeginsAnewWhenItsTimeIsOver) {
  RateLimit limit(parse_rate_limit("2/3"));
  EXPECT_EQ(limit.take(1000), 0);
  EXPECT_EQ(limit.take(1500), 0);
  EXPECT_EQ(limit.take(1500), 3);
  EXPECT_EQ(limit.take(3999), 1);
  EXPECT_EQ(limit.take(4000), 0);
  EXPECT_EQ(RateLimit(RateLimitOptions{}).take(0), 0);
  for (const char* const text : {"", "0", "5/0", "a", "5/", "/2", "5/2/1"}) {
    EXPECT_THROW(parse_rate_limit(text), Error) << text;
  }
}

}  // namespace
}  // namespace nexus_mirror::emulator
