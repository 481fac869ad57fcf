// CONTRACT.md 4.5: a server that stumbles is waited for, and no listing is endless.
#include <chrono>

#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

class Promise5Patient : public PromiseTest {
 protected:
  void SetUp() override { serve({"--max-page", "50"}); }

  // The mirror of an undisturbed sync.
  std::string undisturbed() {
    const auto clean = mirror(kKeypoints);
    EXPECT_EQ(clean->sync().status, 0);
    forget_requests();
    return clean->dump();
  }
};

TEST_F(Promise5Patient, WhatIsRetriedLeavesNoTrace) {
  const std::string wanted = undisturbed();
  for (const std::string kind :
       {R"("fault":"status","status":500)", R"("fault":"status","status":502)",
        R"("fault":"status","status":503)", R"("fault":"status","status":504)",
        R"("fault":"status","status":429,"retry_after":"0")", R"("fault":"reset")",
        R"("fault":"cut")", R"("fault":"cut","chunked":true)"}) {
    const auto mirror = this->mirror(kKeypoints);
    fault(R"({"match":"/annotations?","nth":2,)" + kind + "}");
    fault(R"({"match":"/assets?","nth":1,)" + kind + "}");
    fault(R"({"match":"/workspace","nth":1,)" + kind + "}");
    fault(R"({"match":"/runs","nth":1,)" + kind + "}");
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 0) << kind << ended.err;
    EXPECT_TRUE(mirror->dump() == wanted) << kind;
    clear_faults();
  }
}

TEST_F(Promise5Patient, RetryAfterIsKept) {
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/tags","fault":"status","status":429,"retry_after":"2"})");
  const auto begin = std::chrono::steady_clock::now();
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(requests("/tags").size(), 2U);
}

TEST_F(Promise5Patient, ManyRefusalsForTheRateDoNotUseUpTheRetries) {
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/tags","times":6,"fault":"status","status":429,"retry_after":"0"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/tags").size(), 7U);
}

TEST_F(Promise5Patient, AStalledAnswerIsAskedForAgain) {
  const std::string wanted = undisturbed();
  const auto mirror = this->mirror(kKeypoints, "read_timeout = \"1s\"");
  fault(R"({"match":"/annotations?","nth":2,"fault":"stall"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump() == wanted);
}

TEST_F(Promise5Patient, ADeadCursorRestartsItsListing) {
  const std::string wanted = undisturbed();
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/annotations?","nth":2,"fault":"dead_cursor"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump() == wanted);
  EXPECT_EQ(requests("/annotations?").size(), 5U);  // 1, 2 (dead), 1, 2, 3
}

TEST_F(Promise5Patient, ACursorThatRepeatsIsAnError) {
  const auto mirror = this->mirror();
  fault(R"({"match":")" + std::string(kKeypoints) +
        R"(/annotations?","nth":2,"times":0,"fault":"repeat_cursor"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("cursor"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << ended.err;
  clear_faults();
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 11407);
}

TEST_F(Promise5Patient, ARedirectWithinTheServerIsFollowed) {
  const std::string wanted = undisturbed();
  const auto mirror = this->mirror(kKeypoints);
  const std::string path = "/projects/" + std::string(kKeypoints) + "/tags";
  fault(R"({"match":"/tags","fault":"redirect","location":")" + path + R"(?again"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror->dump() == wanted);
  EXPECT_EQ(requests("/tags?again").size(), 1U);
}

TEST_F(Promise5Patient, ARedirectElsewhereIsNotFollowed) {
  EmulatorProcess other({"--data", in_source("tests/corpus"), "--secret-key", kKey});
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/tags","nth":0,"fault":"redirect","location":")" + other.url() + "/projects/" +
        kKeypoints + R"(/tags"})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(other.requests().find("\"count\":0"), std::string::npos) << other.requests();
}

TEST_F(Promise5Patient, AServerThatKeepsFailingIsGivenUp) {
  const auto mirror = this->mirror(kKeypoints);
  fault(R"({"match":"/","nth":0,"fault":"status","status":503})");
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 4) << ended.err;
  EXPECT_EQ(requests().size(), 3U);  // max_retries = 2
}

}  // namespace
}  // namespace nexus_mirror::testing
