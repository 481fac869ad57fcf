// Images and models on their way into export folders while every change to the disk fails, or
// kills, in its turn: no file is ever another than its name says, and the next call puts it right.
// A short run takes each seventh.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "exports/exports.h"
#include "nexus_mirror/error.h"
#include "store/store.h"
#include "support/exports_test.h"
#include "support/faulty_files.h"
#include "support/long_run.h"
#include "support/places.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using Tree = std::map<std::string, std::string>;  // bytes of files by their path

class PlacingFaultsTest : public ExportsTest {
 protected:
  // A mirror that keeps all that there is, and has exported nothing.
  void SetUp() override {
    serve({}, in_source("tests/golden/workspace"));
    MirrorSettings wanted = settings();
    wanted.tables = "[files]\nmin_free = \"0\"\nimages = [\"*\"]\nmodels = [\"*\"]\n";
    mirror_ = std::make_unique<Mirror>(wanted);
    const Ended ended = mirror_->sync({"--no-export"});
    ASSERT_EQ(ended.status, 0) << ended.err;
    ASSERT_GT(mirror_->number("SELECT count(*) FROM asset_files WHERE status = 'ok'"), 5);
    begin_ = mirror_->folder();
  }

  Config config_of(const fs::path& folder) const {
    Config config;
    config.mirror.database = folder / "mirror.db";
    config.mirror.export_dir = folder / "exports";
    config.files.min_free = 0;
    config.exports.push_back({});
    config.exports.back().formats = {"yolo", "coco", "image_folder"};
    config.exports.back().split_ratio = split_ratio_;
    return config;
  }

  exports::ExportReport run(const fs::path& folder) const {
    const Config config = config_of(folder);
    store::Store store(config.mirror, store::Access::write);
    exports::ExportRequest request;
    for (const auto& project : store.files.projects()) request.project_ids.push_back(project.id);
    exports::ExportReport report;
    exports::run_exports(config, store, Env::system(), request, {}, report);
    return report;
  }

  // The mirror as it was before the work, in a folder of its own.
  fs::path fresh() const {
    const fs::path folder = work_.path() / "work";
    fs::remove_all(folder);
    fs::copy(begin_, folder, fs::copy_options::recursive);
    return folder;
  }

  // What is exported, but for times and what is on its way.
  static Tree tree_of(const fs::path& folder) {
    Tree tree;
    for (const auto& [path, state] : files_below(folder / "exports")) {
      const bool is_timed = path.ends_with(".json") && path.find("annotations/") == path.npos;
      if (path.find(".staging") == path.npos && !is_timed) tree[path] = state.bytes;
    }
    return tree;
  }

  static bool is_picture(const std::string& path) {
    return path.ends_with(".jpg") || path.ends_with(".png");
  }

  // Every picture is what it will be, or what it was.
  void expect_no_file_torn(const Tree& tree, const std::string& what) const {
    for (const auto& [path, bytes] : tree) {
      if (!is_picture(path)) continue;
      const auto before = before_.find(path), after = after_.find(path);
      EXPECT_TRUE((before != before_.end() && before->second == bytes) ||
                  (after != after_.end() && after->second == bytes))
          << path << " after " << what;
    }
  }

  void expect_whole_in_the_end(const fs::path& folder, const std::string& what) const {
    const exports::ExportReport report = run(folder);
    EXPECT_TRUE(report.failures.empty()) << what << ": " << report.failures.front().error.what();
    EXPECT_TRUE(tree_of(folder) == after_) << "after " << what;
    const Config config = config_of(folder);
    store::Database mirror(config.mirror, store::Use::query);
    EXPECT_EQ(mirror.number("SELECT count(*) FROM placed_files WHERE sha256 IS NULL"), 0) << what;
    EXPECT_EQ(mirror.number("SELECT count(*) FROM placed_files WHERE entity_id = ''"), 0) << what;
    EXPECT_EQ(mirror.number("SELECT count(*) FROM export_marks"), 0) << what;
  }

  const std::uint64_t kStride = long_or_short(1, 7);

  void each_change_fails() {
    for (const DiskFault fault : {DiskFault::io_error, DiskFault::short_write}) {
      for (std::uint64_t n = 1;; n += kStride) {
        ASSERT_LT(n, 1000U);
        const fs::path folder = fresh();
        FaultyFiles files({kFileChanges, n, fault, Repeat::once});
        try {
          run(folder);
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::machine) << files.hit() << error.what();
        }
        files.heal();
        if (!files.reached()) break;
        expect_no_file_torn(tree_of(folder), files.hit());
        expect_whole_in_the_end(folder, files.hit());
        if (HasFailure()) return;
      }
    }
  }

  void each_change_kills() {
    for (std::uint64_t n = 1;; n += kStride) {
      ASSERT_LT(n, 1000U);
      const fs::path folder = fresh();
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        const FaultyFiles files({kFileChanges, n, DiskFault::death});
        run(folder);
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      const std::string what = "death " + std::to_string(n);
      expect_no_file_torn(tree_of(folder), what);
      expect_whole_in_the_end(folder, what);
      EXPECT_TRUE(!WIFEXITED(status) || WEXITSTATUS(status) == 0) << what;
      if (HasFailure() || WIFEXITED(status)) break;
      ASSERT_EQ(WTERMSIG(status), SIGKILL);
    }
  }

  // What the work makes of the mirror where nothing goes wrong.
  void look_ahead() {
    before_ = tree_of(begin_);
    const fs::path folder = fresh();
    run(folder);
    after_ = tree_of(folder);
    EXPECT_GT(std::count_if(after_.begin(), after_.end(),
                            [](const auto& file) { return is_picture(file.first); }),
              10);
  }
  // From exports in one set to others in two.
  void begin_exported() {
    run(begin_);
    split_ratio_ = 0.4;
  }

  std::unique_ptr<Mirror> mirror_;
  TemporaryFolder work_;
  fs::path begin_;
  double split_ratio_ = 0;
  Tree before_, after_;
};

TEST_F(PlacingFaultsTest, EachChangeOfAFirstExportFailsInTurn) {
  look_ahead();
  each_change_fails();
}

TEST_F(PlacingFaultsTest, EachChangeOfAFirstExportIsTheLast) {
  look_ahead();
  each_change_kills();
}

TEST_F(PlacingFaultsTest, EachChangeFailsInTurnWhereImagesMove) {
  begin_exported();
  look_ahead();
  each_change_fails();
}

TEST_F(PlacingFaultsTest, EachChangeIsTheLastWhereImagesMove) {
  begin_exported();
  look_ahead();
  each_change_kills();
}

}  // namespace
}  // namespace nexus_mirror::testing
