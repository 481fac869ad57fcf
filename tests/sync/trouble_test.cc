// What goes wrong in a sync stays what it is: an error with its subject, and an exit status.
#include <rapidjson/document.h>

#include <array>
#include <map>

#include "support/exports_test.h"
#include "support/http_server.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

// A Nexus of the projects "good" and "bad", whose lists are empty; `broken` is what it sends as
// the annotations of "bad".
class BrokenNexus {
 public:
  explicit BrokenNexus(std::string broken)
      : broken_(std::move(broken)),
        server_([this](const std::string& request, int) { return reply(request); }) {}

  const HttpServer& server() const { return server_; }

 private:
  Reply reply(const std::string& request) const {
    const auto asks = [&](const std::string& path) { return request.starts_with("GET " + path); };
    std::string body = R"({"data":[]})";
    if (asks("/workspace ")) body = R"({"id":"ws_1","name":"w","owner":"u","tier":"t"})";
    if (asks("/workspace/projects")) {
      body = R"([{"id":"good","name":"cars"},{"id":"bad","name":"boats"}])";
    }
    if (asks("/projects/bad/annotations")) body = broken_;
    return {answer(200, body, "Content-Type: application/json\r\n")};
  }

  const std::string broken_;
  HttpServer server_;
};

class SyncTroubleTest : public ExportsTest {};

TEST_F(SyncTroubleTest, AProjectThatWasRefusedAndFailedIsBetweenTwoStates) {
  const auto mirror = exporting("", kKeypoints);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  const auto lines = corpus_lines("annotations", kKeypoints);
  for (std::size_t i = 0; i < 100; ++i) remove("annotations", id_of(lines[i]));
  fault(R"({"match":"/workflows","nth":0,"fault":"status","status":400})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 6) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs WHERE id = 2"), "refused");
  EXPECT_FALSE(std::filesystem::exists(folder_of(*mirror, kKeypoints)))
      << "it was exported all the same";
  clear_faults();
  EXPECT_EQ(mirror->sync().status, 6);
  EXPECT_TRUE(std::filesystem::exists(folder_of(*mirror, kKeypoints)));
}

// What none of JSON's parsers takes, where one of them would throw rather than say so.
constexpr std::array kNoJson = {R"({"nextPage":nul,"data":[]})", R"({"nextPage":nul)",
                                R"({"data":[nul],"nextPage":null})",
                                R"({"nextPage":"\u80","data":[{}]})"};

TEST(BrokenAnswerTest, FailsItsProjectAlone) {
  for (const char* body : kNoJson) {
    SCOPED_TRACE(body);
    const BrokenNexus nexus(body);
    const Mirror mirror({.endpoint = nexus.server().url()});
    const Ended ended = mirror.sync({"--json"});
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("/projects/bad/annotations: the answer is no JSON"), std::string::npos)
        << ended.err;
    rapidjson::Document result;
    result.Parse(ended.out.c_str());
    ASSERT_FALSE(result.HasParseError()) << ended.out;
    std::map<std::string, std::string> results;
    for (const auto& project : result["projects"].GetArray()) {
      results[project["id"].GetString()] = project["result"].GetString();
    }
    EXPECT_EQ(results, (std::map<std::string, std::string>{{"good", "ok"}, {"bad", "failed"}}));
    EXPECT_EQ(mirror.value("SELECT result FROM syncs"), "partial");
  }
}

TEST(BrokenAnswerTest, LeavesTheDaemonRunning) {
  const BrokenNexus nexus(kNoJson.front());
  const Mirror mirror({.endpoint = nexus.server().url(), .sync = "interval = \"1s\"\n"});
  const auto daemon = mirror.start({"daemon"});
  while (daemon->running() && daemon->err_so_far().find("sync 2 partial") == std::string::npos) {
  }
  daemon->terminate();
  const Ended ended = daemon->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("the answer is no JSON"), std::string::npos) << ended.err;
}

class FewThreadsTest : public PromiseTest {
 protected:
  void SetUp() override {
    if (!can_preload()) GTEST_SKIP() << "a sanitizer comes first";
  }
  // A run that may start `threads` threads.
  static std::unique_ptr<MirrorProcess> start(const Mirror& mirror, int threads,
                                              std::vector<std::string> arguments) {
    return mirror.start(std::move(arguments),
                        {"LD_PRELOAD=" + few_threads(), "THREADS_LEFT=" + std::to_string(threads)});
  }
};

TEST_F(FewThreadsTest, ASyncGoesOnWithThoseThatItGets) {
  const auto whole = mirror(kKeypoints);
  ASSERT_EQ(whole->sync().status, 0);
  // For signals, for the mirror, and none or one for listings and requests.
  for (const int threads : {2, 3}) {
    const auto mirror = this->mirror(kKeypoints);
    const Ended ended = start(*mirror, threads, {"sync"})->wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_NE(ended.err.find("no thread is left"), std::string::npos) << ended.err;
    EXPECT_NE(ended.err.find("threads=" + std::to_string(threads - 1)), std::string::npos);
    EXPECT_TRUE(mirror->dump() == whole->dump());
  }
}

TEST_F(FewThreadsTest, OneThatCannotBeDoneWithoutIsAnError) {
  const auto mirror = this->mirror(kKeypoints);
  const Ended without_signals = start(*mirror, 0, {"sync"})->wait();
  EXPECT_EQ(without_signals.status, 5);
  EXPECT_NE(without_signals.err.find("the thread that waits for signals: no thread is left"),
            std::string::npos)
      << without_signals.err;
  const Ended without_writer = start(*mirror, 1, {"sync"})->wait();
  EXPECT_EQ(without_writer.status, 5);
  EXPECT_NE(without_writer.err.find("the thread that writes the mirror: no thread is left"),
            std::string::npos)
      << without_writer.err;
  EXPECT_NE(without_writer.err.find("TasksMax="), std::string::npos) << without_writer.err;
  EXPECT_EQ(mirror->value("SELECT result, error LIKE '%no thread is left%' FROM syncs"),
            "failed|1");
}

TEST_F(FewThreadsTest, TheDaemonTriesAgain) {
  const auto mirror = this->mirror(kKeypoints, "", "interval = \"1s\"\n");
  const auto daemon = start(*mirror, 1, {"daemon"});
  while (daemon->running() && daemon->err_so_far().find("sync 2 failed") == std::string::npos) {
  }
  daemon->terminate();
  const Ended ended = daemon->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("no thread is left"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace nexus_mirror::testing
