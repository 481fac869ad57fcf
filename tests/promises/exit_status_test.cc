// CONTRACT.md 1: exit statuses where there are several causes.
#include "support/mirror_run.h"

namespace nexus_mirror::testing {
namespace {

class ExitStatusTest : public PromiseTest {
 protected:
  // A second workspace at `endpoint`.
  std::unique_ptr<Mirror> mirror_with(const std::string& endpoint, const std::string& key = kKey) {
    MirrorSettings settings = this->settings(kKeypoints);
    settings.key = key;
    settings.tables = "[[workspace]]\nname = \"second\"\nendpoint = \"" + endpoint +
                      "\"\nsecret_key_file = \"key\"\n";
    return std::make_unique<Mirror>(settings);
  }
  void answer_workspace(const std::string& answer) {
    clear_faults();
    fault(R"({"match":"^/workspace$","nth":0,)" + answer + "}");
  }
};

constexpr const char* kNobody = "http://127.0.0.1:1";

TEST_F(ExitStatusTest, ARefusedKeyBesideAServerThatIsGone) {
  serve();
  EXPECT_EQ(mirror_with(kNobody, "wrong")->sync().status, 3) << "3 comes before 4";
  EXPECT_EQ(mirror_with(kNobody)->sync().status, 1) << "one workspace is up to date";
}

TEST_F(ExitStatusTest, TheOrderOfTheWorkspacesDecidesNothing) {
  serve();
  MirrorSettings settings;
  settings.endpoint = kNobody;
  settings.key = "wrong";
  settings.tables = "[[workspace]]\nname = \"second\"\nendpoint = \"" + emulator().url() +
                    "\"\nsecret_key_file = \"key\"\n";
  const Mirror mirror(settings);
  EXPECT_EQ(mirror.sync().status, 3);
  EXPECT_EQ(mirror.value("SELECT result FROM syncs"), "failed");
}

TEST_F(ExitStatusTest, ARefusedKeyBesideARefusedDeletion) {
  const auto mirror = this->mirror(kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  MirrorSettings settings = this->settings(kBloodCells);
  settings.tables = "[[workspace]]\nname = \"second\"\nendpoint = \"" + std::string(kNobody) +
                    "\"\nsecret_key_file = \"key\"\n";
  mirror->configure(settings);
  fault(R"({"match":"/annotations?","fault":"huge","bytes":100})");
  EXPECT_EQ(mirror->sync().status, 6);
}

// Whoever answers so is no Nexus.
TEST_F(ExitStatusTest, SomethingElseAtTheEndpoint) {
  serve();
  for (const char* answer :
       {R"("fault":"status","status":404)", R"("fault":"status","status":405)", R"("fault":"html")",
        R"("fault":"html","status":404)", R"("fault":"empty")", R"("fault":"not_json")",
        R"("fault":"huge","bytes":100)",
        R"("fault":"redirect","location":"https://elsewhere.example/login")"}) {
    SCOPED_TRACE(answer);
    const auto mirror = this->mirror(kKeypoints);
    answer_workspace(answer);
    const Ended ended = mirror->sync();
    EXPECT_EQ(ended.status, 4) << ended.err;
    EXPECT_NE(ended.err.find("endpoint"), std::string::npos) << ended.err;
    EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "failed");
  }
  answer_workspace(R"("fault":"status","status":403)");
  const auto mirror = this->mirror(kKeypoints);
  EXPECT_EQ(mirror->sync().status, 3);
}

}  // namespace
}  // namespace nexus_mirror::testing
