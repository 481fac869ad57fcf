// CONTRACT.md 3, "syncs": only a sync of the whole mirror is a success of it.
#include <atomic>

#include "support/http_server.h"
#include "support/mirror_run.h"
#include "support/odd_nexus.h"

namespace nexus_mirror::testing {
namespace {

constexpr const char* kSplit = "proj_f2b49a01b8b6f17b0706a3030003713b";  // a small one

class WholeMirror : public PromiseTest {
 protected:
  // The projects of `patterns`, a list of TOML, of a mirror with lines of [sync].
  void configure(Mirror& mirror, const std::string& patterns, const std::string& sync = {}) {
    MirrorSettings wanted = settings();
    wanted.workspace = "projects = " + patterns;
    wanted.sync = sync;
    mirror.configure(wanted);
  }

  static bool fresh(const Mirror& mirror) { return mirror.run({"status"}).status == 0; }
};

TEST_F(WholeMirror, ASyncOfOneProjectIsNoSuccessOfAll) {
  serve();
  const auto mirror = this->mirror();
  configure(*mirror, std::string("[\"") + kSplit + "\", \"" + kKeypoints + "\"]",
            "mode = \"quick\"");
  ASSERT_EQ(mirror->sync({"--no-export", "--project", kKeypoints}).status, 0);
  EXPECT_FALSE(fresh(*mirror)) << "the other project was never read";
  const Ended status = mirror->run({"status", "--json"});
  EXPECT_NE(status.out.find("\"last_success_at\":null"), std::string::npos) << status.out;
  EXPECT_NE(status.out.find("\"whole\":false"), std::string::npos) << status.out;
  const Ended whole = mirror->sync({"--no-export", "--json"});
  EXPECT_EQ(whole.status, 0);
  EXPECT_NE(whole.out.find("\"whole\":true"), std::string::npos) << whole.out;
  EXPECT_EQ(mirror->value("SELECT mode FROM syncs WHERE id = 2"), "full")
      << "a full pass of one project is none of the mirror";
  EXPECT_TRUE(fresh(*mirror));
  ASSERT_EQ(mirror->sync({"--no-export", "--project", "*"}).status, 0);
  EXPECT_EQ(mirror->value("SELECT group_concat(sync_id) FROM narrow_syncs"), "1")
      << "that was all of them";
}

TEST_F(WholeMirror, APatternThatMeansNothingIsSaidAndTheMirrorIsNotFresh) {
  serve();
  const auto mirror = this->mirror();
  configure(*mirror, "[\"coco-fake-persom*\"]");
  Ended ended = mirror->sync({"--no-export"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("is to mirror \"coco-fake-persom*\", which no project has as its name "
                           "or id (did you mean \"coco-fake-person-keypoints\"?)"),
            std::string::npos)
      << ended.err;
  EXPECT_FALSE(fresh(*mirror));
  configure(*mirror, "[\"coco-fake-person*\", \"nothing like it\"]");
  ended = mirror->sync({"--no-export"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("\"nothing like it\", which no project has as its name or id; until"),
            std::string::npos)
      << ended.err;
  EXPECT_FALSE(fresh(*mirror));
  configure(*mirror, "[\"coco-fake-person*\", \"*\"]");
  ended = mirror->sync({"--project", kKeypoints, "--project", "no such"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("--project \"no such\", which no project has"), std::string::npos)
      << ended.err;
  EXPECT_EQ(mirror->sync({"--project", "no such"}).status, 2);
  EXPECT_FALSE(fresh(*mirror));
}

TEST_F(WholeMirror, APatternThatMeansNothingMakesNoQuickSyncAFullOne) {
  serve();
  const auto mirror = this->mirror();
  configure(*mirror, std::string("[\"") + kKeypoints + "\", \"no such\"]", "mode = \"quick\"");
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  EXPECT_EQ(mirror->value("SELECT group_concat(mode) FROM syncs"), "full,quick");
  EXPECT_FALSE(fresh(*mirror));
}

// It may be the one that is meant.
TEST(WholeMirrorOfOddRows, AProjectThatCannotBeReadMakesNoNameAMistypedOne) {
  const OddNexus nexus({{"/workspace", R"({"id":"ws","name":"w"})"},
                        {"/workspace/projects",
                         R"([{"id":"p","name":"one","type":"ObjectDetection"},{"name":"two"}])"}});
  const Mirror mirror(settings_of(nexus));
  const Ended ended = mirror.sync({"--project", "one"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(ended.err.find("which no project has"), std::string::npos) << ended.err;
}

TEST_F(WholeMirror, AProjectThatWentIsNoMistypedName) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  remove("projects", kKeypoints);
  const Ended ended = mirror->sync({"--no-export"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.err.find("which no project has"), std::string::npos) << ended.err;
  EXPECT_TRUE(fresh(*mirror));
}

TEST_F(WholeMirror, TheHeartbeatIsOfAll) {
  serve();
  std::atomic<int> beats = 0;
  HttpServer monitor([&](const std::string&, int) { return ++beats, Reply{answer(200, "")}; });
  MirrorSettings wanted = settings();
  wanted.workspace = std::string("projects = [\"") + kSplit + "\", \"" + kKeypoints + "\"]";
  wanted.tables = "[hooks]\nheartbeat_url = \"" + monitor.url() + "/\"\n";
  const auto mirror = this->mirror();
  mirror->configure(wanted);
  ASSERT_EQ(mirror->sync({"--no-export", "--project", kKeypoints}).status, 0);
  EXPECT_EQ(beats, 0) << "half of the mirror is no life sign";
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  EXPECT_EQ(beats, 1);
}

}  // namespace
}  // namespace nexus_mirror::testing
