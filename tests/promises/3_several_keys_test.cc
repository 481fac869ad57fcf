// CONTRACT.md 4.3: a project that any of the configured keys can see is alive.
#include <filesystem>
#include <fstream>

#include "support/mirror_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// Two servers stand for what two keys see of one workspace.
class SeveralKeysTest : public PromiseTest {
 protected:
  // The first key does not see the keypoints, the second not the blood cells.
  void SetUp() override {
    fs::create_directory(folder_ / "data");
    for (const char* file : {"workspace.json", "projects.ndjson", "tags.ndjson"}) {
      fs::copy_file(in_source("tests/corpus/") + file, folder_ / "data" / file);
    }
    serve({}, folder_ / "data");
    second_ = std::make_unique<EmulatorProcess>(
        std::vector<std::string>{"--data", (folder_ / "data").string(), "--secret-key", kKey});
    mirror_ = std::make_unique<Mirror>(both());
    remove("projects", kKeypoints);
    hide_from_second(kBloodCells);
  }

  // `second`: further lines of the second block.
  MirrorSettings both(const std::string& second = "") {
    const fs::path key = folder_ / "key";
    std::ofstream(key) << kKey << '\n';
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
    MirrorSettings settings{.endpoint = emulator().url()};
    settings.workspace = "[[workspace]]\nname = \"second\"\nendpoint = \"" + second_->url() +
                         "\"\nsecret_key_file = \"" + key.string() + "\"\n" + second;
    return settings;
  }

  void hide_from_second(const std::string& project) {
    second_->control("DELETE", "objects/projects/" + project);
  }
  void fault_of_second(const std::string& json) {
    second_->control("POST", "faults", "[" + json + "]");
  }
  void whole_first_sync() {
    const Ended ended = mirror_->sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
    ASSERT_EQ(mirror_->number("SELECT count(*) FROM projects WHERE removed_at IS NULL"), 5);
  }
  std::string removed() const {
    std::string names;
    for (const std::string& row :
         mirror_->rows("SELECT name FROM projects WHERE removed_at IS NOT NULL ORDER BY name")) {
      names += row + " ";
    }
    return names;
  }

  TemporaryFolder folder_;
  std::unique_ptr<EmulatorProcess> second_;
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(SeveralKeysTest, AProjectThatOneOfThemSeesIsAlive) {
  whole_first_sync();
  const std::string before = mirror_->dump();
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err.find("no longer"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("warning"), std::string::npos) << ended.err;
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0);
  EXPECT_TRUE(mirror_->dump() == before);
}

TEST_F(SeveralKeysTest, ASingleOneOfThemIsSyncedWithoutAWord) {
  whole_first_sync();
  forget_requests();
  for (const char* project : {kKeypoints, kBloodCells}) {
    const Ended ended = mirror_->sync({"--project", project});
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(removed(), "");
  }
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0);
}

TEST_F(SeveralKeysTest, AProjectThatBothSeeIsReadOnce) {
  const auto listings = [&] {
    const std::string journal = second_->requests();
    std::size_t count = requests("/annotations?").size();
    for (std::size_t at = 0; (at = journal.find("/annotations\"", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  whole_first_sync();
  EXPECT_EQ(listings(), 5U);
}

TEST_F(SeveralKeysTest, AProjectThatNoneSeesIsGone) {
  whole_first_sync();
  hide_from_second(kKeypoints);
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << "no warning";
  EXPECT_EQ(removed(), "coco-fake-person-keypoints ");
  const Ended again = mirror_->sync();
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.err.find("coco-fake-person-keypoints"), std::string::npos) << again.err;
}

TEST_F(SeveralKeysTest, NothingIsGoneWhileOneOfThemCannotBeRead) {
  whole_first_sync();
  hide_from_second(kKeypoints);
  for (const std::string fault : {R"({"match":"/workspace","nth":0,"fault":"status","status":503})",
                                  R"({"match":"/workspace","nth":0,"fault":"status","status":403})",
                                  R"({"match":"/workspace/projects","nth":0,"fault":"html"})"}) {
    fault_of_second(fault);
    const Ended ended = mirror_->sync();
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_EQ(removed(), "") << fault;
    second_->control("DELETE", "faults");
  }
  EXPECT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(removed(), "coco-fake-person-keypoints ");
}

TEST_F(SeveralKeysTest, AWrongListingOfBothDeclaresNothingGone) {
  whole_first_sync();
  const std::string before = mirror_->dump();
  const std::string empty = R"({"match":"/workspace/projects","fault":"huge","bytes":100})";
  fault(empty);
  fault_of_second(empty);
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(mirror_->dump() == before);
  EXPECT_GT(mirror_->number("SELECT requests FROM syncs WHERE id = 2"), 30) << "it read none";
}

// 403 says that the key may not see it, which is no answer to whether it is gone.
TEST_F(SeveralKeysTest, OneThatAKeyMayNotAskForIsAskedForWithTheOther) {
  whole_first_sync();
  fault_of_second(R"({"match":"/workspace/projects","fault":"huge","bytes":100})");
  fault(R"({"match":"/projects/)" + std::string(kKeypoints) +
        R"(","nth":0,"fault":"status","status":403})");
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(removed(), "");
  hide_from_second(kKeypoints);
  const Ended unknown = mirror_->sync();
  EXPECT_EQ(unknown.status, 1) << unknown.err;
  EXPECT_NE(unknown.err.find("coco-fake-person-keypoints"), std::string::npos) << unknown.err;
  EXPECT_EQ(removed(), "");
}

TEST_F(SeveralKeysTest, OneThatIsLeftOutOfTheBlockWhoseKeySeesItIsAlive) {
  whole_first_sync();
  mirror_->configure(both("exclude = [\"coco-fake-person-keypoints\"]\n"));
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(removed(), "");
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0);
}

// The daemon gives a workspace that failed turns of its own.
TEST_F(SeveralKeysTest, TheDaemonKeepsThemApartWithoutLosingAny) {
  MirrorSettings settings = both();
  settings.sync = "interval = \"1s\"\njitter = \"0s\"\n";
  mirror_->configure(settings);
  whole_first_sync();
  fault_of_second(R"({"match":"/workspace","nth":1,"times":6,"fault":"status","status":503})");
  const auto daemon = mirror_->start({"daemon"});
  while (daemon->running() && mirror_->number("SELECT count(*) FROM syncs WHERE id > 2 AND "
                                              "result = 'ok'") < 2) {
  }
  daemon->terminate();
  const Ended ended = daemon->wait();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(removed(), "");
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM changes WHERE sync_id > 1"), 0) << ended.err;
}

// The server counts assets that these servers do not have.
TEST_F(SeveralKeysTest, CountsAreComparedOnce) {
  whole_first_sync();
  const Ended ended = mirror_->run({"verify", "--remote"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  const std::string line = "taco-litter (proj_95794a194f26d7dcc56397d13af68aed) assets: mirror 0";
  const std::size_t first = ended.out.find(line);
  ASSERT_NE(first, std::string::npos) << ended.out;
  EXPECT_EQ(ended.out.find(line, first + 1), std::string::npos) << ended.out;
}

TEST_F(SeveralKeysTest, AnExportOnTheServerIsAskedForOnce) {
  whole_first_sync();
  put("projects", kKeypoints, corpus_line("projects", kKeypoints));
  const Ended ended =
      mirror_->run({"export", "--server", "coco", "--project", "coco-fake-person-keypoints"});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM operations"), 1) << "each is a job";
}

// 403 of any key of the workspace leaves it open, the others' 404 notwithstanding.
TEST_F(SeveralKeysTest, OneThatAnotherKeyMayNotAskForIsKept) {
  whole_first_sync();
  hide_from_second(kKeypoints);
  fault_of_second(R"({"match":"/projects/)" + std::string(kKeypoints) +
                  R"(","nth":0,"fault":"status","status":403})");
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find("coco-fake-person-keypoints"), std::string::npos) << ended.err;
  EXPECT_EQ(removed(), "");
}

// What the key of another workspace may not ask for says nothing of this one.
TEST_F(SeveralKeysTest, AKeyOfAnotherWorkspaceKeepsNothingAlive) {
  const std::string workspace = file_bytes(folder_ / "data" / "workspace.json");
  fs::create_directory(folder_ / "other");
  std::ofstream(folder_ / "other" / "workspace.json")
      << replaced(workspace, "ws_eaa6740a82c6b1456de2729593362233", "ws_other");
  std::ofstream(folder_ / "other" / "projects.ndjson") << R"({"id":"proj_other","name":"other"})";
  second_ = std::make_unique<EmulatorProcess>(
      std::vector<std::string>{"--data", (folder_ / "other").string(), "--secret-key", kKey});
  put("projects", kKeypoints, corpus_line("projects", kKeypoints));
  mirror_->configure(both());
  ASSERT_EQ(mirror_->sync().status, 0);
  remove("projects", kKeypoints);
  fault_of_second(R"({"match":"/projects/proj_9","nth":0,"fault":"status","status":403})");
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(removed(), "coco-fake-person-keypoints ");
}

TEST_F(SeveralKeysTest, WhatOneKeyCouldNotFinishTheOtherDoes) {
  fault(R"({"match":"/annotations","nth":0,"fault":"status","status":401})");
  const Ended ended = mirror_->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_EQ(mirror_->rows("SELECT name FROM projects WHERE id IN (SELECT project_id FROM loads "
                          "WHERE entity = 'annotations') ORDER BY name"),
            (std::vector<std::string>{"blood-cells-split", "coco-fake-person-keypoints",
                                      "taco-litter", "taco-scenes"}))
      << "all that the second key sees";
}

}  // namespace
}  // namespace nexus_mirror::testing
