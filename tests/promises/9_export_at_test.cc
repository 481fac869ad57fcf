// CONTRACT.md 9: exports of a moment of the past are those that were made then, byte for byte.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "support/long_run.h"
#include "support/mirror_run.h"
#include "text/digest.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// SHA-256 by path, below `folder`; of run logs what is known now is told.
std::map<std::string, std::string> hashes(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "runlogs.ndjson") continue;
    files[fs::relative(entry.path(), folder).string()] = text::sha256(file_bytes(entry.path()));
  }
  return files;
}

class Promise9ExportAt : public PromiseTest {
 protected:
  Promise9ExportAt() {
    serve();
    MirrorSettings wanted = settings(kBloodCells);
    wanted.tables +=
        "[[export]]\nprojects = [\"*\"]\nformats = [\"coco\", \"yolo\", \"csv_fourcorner\", "
        "\"ndjson\"]\n"
        "split_ratio = 0.2\n";
    mirror_ = std::make_unique<Mirror>(wanted);
  }

  // Some objects change, come and go.
  void edit() {
    for (int i = 0; i < 4; ++i) {
      const std::string line = annotations_[random_() % annotations_.size()], id = id_of(line);
      const auto what = random_() % 4;
      if (what == 0) {
        take_away("annotations", id);
      } else {
        put("annotations", id,
            what == 1   ? replaced(line, "\"tag\":\"", "\"tag\":\"x")
            : what == 2 ? replaced(line, "[[0.", "[[0.0")
                        : line);
        gone_.erase(id);
      }
    }
    const std::string asset = assets_[random_() % assets_.size()], id = id_of(asset);
    if (random_() % 3 == 0) return take_away("assets", id);
    const std::string number = std::to_string(random_() % 3);
    put("assets", id, replaced(asset, "\"filename\":\"", "\"filename\":\"" + number));
    gone_.erase(id);
  }
  void take_away(const std::string& kind, const std::string& id) {
    if (gone_.insert(id).second) remove(kind, id);
  }

  std::string at(const std::string& path) const { return (mirror_->folder() / path).string(); }
  fs::path annotations() const {
    return mirror_->folder() / "exports" / kBloodCells / "annotations";
  }

  std::mt19937 random_{7};
  std::set<std::string> gone_;  // from the server
  std::vector<std::string> annotations_ = corpus_lines("annotations", kBloodCells),
                           assets_ = corpus_lines("assets", kBloodCells);
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(Promise9ExportAt, IsByteForByteWhatWasExportedThen) {
  std::map<std::string, std::map<std::string, std::string>> then;  // by sync
  for (int sync = 0; sync < long_or_short(50, 8); ++sync) {
    if (sync > 0) edit();
    ASSERT_EQ(mirror_->sync({"--allow-mass-delete"}).status, 0);
    then[mirror_->value("SELECT max(id) FROM syncs")] = hashes(annotations());
  }
  std::size_t files = 0;
  for (const auto& [sync, exported] : then) {
    const Ended ended = mirror_->run({"export", "--at", sync, "--to", at("then")});
    ASSERT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(hashes(mirror_->folder() / "then" / kBloodCells / "annotations"), exported)
        << "as of sync " << sync;
    files += exported.size();
  }
  std::cout << "[   PAST   ] exports of " << then.size() << " syncs, " << files
            << " files, equal to those made then\n";
}

TEST_F(Promise9ExportAt, SaysOfWhenItIs) {
  ASSERT_EQ(mirror_->sync().status, 0);
  const std::string ended = mirror_->value("SELECT finished_at FROM syncs WHERE id = 1");
  ASSERT_EQ(mirror_->run({"export", "--at", "1", "--to", at("a/then"), "--format", "coco"}).status,
            0);
  const std::string manifest =
      file_bytes(mirror_->folder() / "a/then" / kBloodCells / "manifest.json");
  EXPECT_NE(
      manifest.find("\"written_at\":" + ended + ",\"as_of\":{\"sync_id\":1,\"time\":" + ended),
      std::string::npos)
      << manifest.substr(0, 300);
  EXPECT_FALSE(fs::exists(mirror_->folder() / "a/then" / kBloodCells / "models"));
  EXPECT_FALSE(fs::exists(mirror_->folder() / "a/then/.records"));
  EXPECT_FALSE(fs::exists(mirror_->folder() / "a/then/index.json"));
}

TEST_F(Promise9ExportAt, TakesNoFolderThatIsSomebodyElses) {
  ASSERT_EQ(mirror_->sync().status, 0);
  const auto refused = [&](const std::string& to) {
    const Ended ended = mirror_->run({"export", "--at", "1", "--to", at(to)});
    EXPECT_EQ(ended.status, 2) << to << ": " << ended.err;
    return ended.err;
  };
  fs::create_directories(mirror_->folder() / "mine");
  std::ofstream(mirror_->folder() / "mine/thesis.txt") << "years\n";
  EXPECT_NE(refused("mine").find("no --at has made"), std::string::npos);
  refused("exports");
  refused("exports/then");
  refused("exports/" + std::string(kBloodCells));
  refused(".");
  refused("mirror.db");
  EXPECT_TRUE(fs::exists(mirror_->folder() / "mine/thesis.txt"));
  EXPECT_EQ(mirror_->run({"export", "--at", "1"}).status, 2);
  EXPECT_EQ(mirror_->run({"export", "--to", at("then")}).status, 2);
  EXPECT_EQ(mirror_->run({"export", "--at", "2020-01-01", "--to", at("then")}).status, 2);
  EXPECT_FALSE(fs::exists(mirror_->folder() / "then"));
  // What an earlier call made is replaced whole.
  ASSERT_EQ(mirror_->run({"export", "--at", "1", "--to", at("then")}).status, 0);
  std::ofstream(mirror_->folder() / "then/stale") << "\n";
  ASSERT_EQ(mirror_->run({"export", "--at", "1", "--to", at("then"), "--format", "csv_fourcorner"})
                .status,
            0);
  EXPECT_FALSE(fs::exists(mirror_->folder() / "then/stale"));
  EXPECT_FALSE(fs::exists(mirror_->folder() / "then" / kBloodCells / "annotations/coco"));
}

}  // namespace
}  // namespace nexus_mirror::testing
