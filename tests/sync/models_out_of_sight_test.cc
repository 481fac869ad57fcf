// Models that a request did not show: none of them is gone, and none of their links as young as
// `links --refresh` was to make it.
#include <gtest/gtest.h>

#include <string>

#include "support/odd_nexus.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kArtifacts = "/projects/p/artifacts";
constexpr const char* kModels = "/projects/p/artifacts/f/exports";

std::string model(const std::string& link, const std::string& expiry) {
  return R"([{"id":"m","artifactId":"f","format":"TensorFlow","status":"Finished",)"
         R"("download":{"method":"GET","url":")" +
         link + R"(","expiryDate":)" + expiry + "}}]";
}

// One artifact with one model, named by its format alone.
class ModelsOutOfSightTest : public ::testing::Test {
 protected:
  ModelsOutOfSightTest()
      : nexus_({{"/workspace", R"({"id":"ws","name":"w"})"},
                {"/workspace/projects", R"([{"id":"p","name":"one","type":"ObjectDetection"}])"},
                {kArtifacts, R"([{"id":"f","runId":"r","exports":["TensorFlow"]}])"},
                {kModels, model("https://files.test/1", "4000000000000")}},
               [this](const std::string& target) -> std::optional<Reply> {
                 if (!hidden_ || target != kModels) return std::nullopt;
                 return Reply{answer(404, "{}")};
               }),
        mirror_(settings_of(nexus_)) {
    EXPECT_EQ(mirror_.sync().status, 0);
    EXPECT_EQ(link(), "https://files.test/1");
  }

  std::string link() const { return mirror_.value("SELECT max(download_url) FROM models"); }

  bool hidden_ = false;  // the server does not know the artifact that it lists
  OddNexus nexus_;
  Mirror mirror_;
};

TEST_F(ModelsOutOfSightTest, AnArtifactThatIsNotFoundKeepsThem) {
  hidden_ = true;
  const Ended ended = mirror_.sync({"--full"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(link(), "https://files.test/1");
  hidden_ = false;
  nexus_.answers().at(kModels) = "[]";
  EXPECT_EQ(mirror_.sync({"--full"}).status, 0);
  EXPECT_EQ(mirror_.value("SELECT count(*) FROM models"), "0") << "now they are";
}

// Whether the artifact is gone could not be found out; then the sync is killed. The one that goes
// on lists it anew, and with it the models.
TEST(ModelsOfALostArtifact, GoWithItThoughASyncWasKilledInBetween) {
  VictimOfNexus victim;
  bool silent = true;
  const auto kill = victim.at("/deployments");
  OddNexus nexus({{"/workspace", R"({"id":"ws","name":"w"})"},
                  {"/workspace/projects", R"([{"id":"p","name":"one","type":"ObjectDetection"}])"},
                  {kArtifacts, R"([{"id":"f","runId":"r","exports":["TensorFlow"]}])"},
                  {kModels, model("https://files.test/1", "4000000000000")}},
                 [&](const std::string& target) -> std::optional<Reply> {
                   if (target == std::string(kArtifacts) + "/f?includeExports=true" ||
                       target == std::string(kArtifacts) + "/f") {
                     return Reply{answer(silent ? 500 : 404, "")};
                   }
                   return kill(target);
                 });
  MirrorSettings settings = settings_of(nexus);
  settings.http = "concurrency = 1\n";
  const Mirror mirror(settings);
  ASSERT_EQ(mirror.sync().status, 0);
  nexus.answers().at(kArtifacts) = "[]";
  victim.arm();
  EXPECT_EQ(victim.dies(mirror.start({"sync"})).status, 128 + SIGKILL);
  EXPECT_EQ(mirror.value("SELECT count(*) FROM models"), "1");
  silent = false;
  EXPECT_EQ(mirror.sync().status, 0);
  EXPECT_EQ(mirror.value("SELECT count(*) FROM artifacts"), "0");
  EXPECT_EQ(mirror.value("SELECT count(*) FROM models"), "0");
}

TEST_F(ModelsOutOfSightTest, ALinkThatCannotBeReadIsSaidNotToBeRenewed) {
  nexus_.answers().at(kModels) = R"([{"id":"m","artifactId":"f","status":7}])";
  const Ended bad = mirror_.run({"links", "--refresh"});
  EXPECT_EQ(bad.status, 1) << bad.err;
  EXPECT_NE(bad.err.find("its links stay as they are"), std::string::npos) << bad.err;
  EXPECT_EQ(link(), "https://files.test/1");
  nexus_.answers().at(kModels) = model("https://files.test/2", "4000000000001");
  const Ended good = mirror_.run({"links", "--refresh"});
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_EQ(link(), "https://files.test/2");
}

TEST_F(ModelsOutOfSightTest, ALinkOfAnArtifactThatIsNotFoundIsSaidNotToBeRenewed) {
  hidden_ = true;
  const Ended ended = mirror_.run({"links", "--refresh"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(link(), "https://files.test/1");
}

TEST_F(ModelsOutOfSightTest, AProjectThatCannotBeReadIsSaid) {
  nexus_.answers().at("/workspace/projects") =
      R"([{"id":"p","name":"one","type":"ObjectDetection"},{"name":"two"}])";
  const Ended ended = mirror_.run({"links", "--refresh"});
  EXPECT_EQ(ended.status, 1) << ended.err;
}

}  // namespace
}  // namespace nexus_mirror::testing
