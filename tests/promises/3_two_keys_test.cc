// CONTRACT.md 4.3: a project that any of the configured keys can see is alive.
#include <fstream>

#include "support/mirror_run.h"
#include "support/small_workspace.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSecondProject = "proj_00000000000000000000000000007777";

// Two keys of one workspace, each of which sees one project: two emulators that say the same
// workspace, named in two blocks.
class Promise3TwoKeys : public PromiseTest {
 protected:
  void SetUp() override {
    write_small_workspace(first_.path(), false);
    for (const auto& entry : fs::directory_iterator(first_.path())) {
      std::ifstream in(entry.path());
      std::ofstream out(second_ / entry.path().filename());
      for (std::string line; std::getline(in, line);) {
        const bool names = line.find(kSmallProject) != line.npos;
        out << (names ? replaced(line, kSmallProject, kSecondProject) : line) << '\n';
      }
    }
    serve({}, first_.path());
    start_second();
    MirrorSettings settings = this->settings();
    settings.tables = block();
    mirror_ = std::make_unique<Mirror>(settings);
  }

  void start_second(const std::string& key = kKey) {
    second_emulator_ = std::make_unique<EmulatorProcess>(std::vector<std::string>{
        "--data", second_.path().string(), "--secret-key", key, "--port", port_});
    port_ = std::to_string(second_emulator_->port());
  }
  std::string block() const {
    return "[[workspace]]\nname = \"second\"\nendpoint = \"" + second_emulator_->url() +
           "\"\nsecret_key_file = \"key\"\n";
  }
  std::string removed() const {
    return mirror_->value("SELECT count(*) FROM projects WHERE removed_at IS NOT NULL");
  }

  TemporaryFolder first_, second_;
  std::string port_ = "0";
  std::unique_ptr<EmulatorProcess> second_emulator_;
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(Promise3TwoKeys, WhatEitherKeySeesIsAlive) {
  for (int sync = 1; sync <= 3; ++sync) {
    const Ended ended = mirror_->sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err.find("no longer has"), std::string::npos) << ended.err;
    EXPECT_EQ(removed(), "0");
  }
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM projects"), 2);
  EXPECT_EQ(mirror_->rows("SELECT * FROM changes WHERE sync_id > 1"), std::vector<std::string>{});
}

TEST_F(Promise3TwoKeys, WhatNeitherSeesIsNot) {
  ASSERT_EQ(mirror_->sync().status, 0);
  second_emulator_->control("DELETE", std::string("objects/projects/") + kSecondProject);
  ASSERT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(removed(), "1");
  EXPECT_EQ(mirror_->value("SELECT id FROM projects WHERE removed_at IS NOT NULL"), kSecondProject);
}

TEST_F(Promise3TwoKeys, AKeyThatDoesNotWorkNowSaysNothing) {
  ASSERT_EQ(mirror_->sync().status, 0);
  second_emulator_->stop();
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(removed(), "0");
  start_second("another key");
  EXPECT_EQ(mirror_->sync().status, 1) << "refused";
  EXPECT_EQ(removed(), "0");
}

TEST_F(Promise3TwoKeys, AProjectThatBothSeeIsReadOnce) {
  MirrorSettings settings = this->settings();
  settings.tables = "[[workspace]]\nname = \"second\"\nendpoint = \"" + emulator().url() +
                    "\"\nsecret_key_file = \"key\"\n";
  mirror_->configure(settings);
  const Ended ended = mirror_->sync({"--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(requests("/annotations?").size(), 1U);
  EXPECT_EQ(mirror_->rows("SELECT op FROM changes WHERE entity = 'annotations'"),
            (std::vector<std::string>{"load"}));
}

}  // namespace
}  // namespace nexus_mirror::testing
