// Exports while the disk has no room: each project for itself, and what was written is told.
#include <filesystem>
#include <functional>

#include "env/file.h"
#include "error/exit_status.h"
#include "exports/exports.h"
#include "support/exported_files.h"
#include "update/export_changes.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

// The disk is full for renames to paths that have `part` in them; `met` is called at each change
// of such a path.
class FullDisk : private env::FileFaults {
 public:
  explicit FullDisk(
      std::string part, int error = ENOSPC, std::function<void()> met = [] {})
      : part_(std::move(part)), error_(error), met_(std::move(met)) {
    env::set_file_faults(this);
  }
  ~FullDisk() override { env::set_file_faults(nullptr); }

 private:
  env::FileFault before(env::FileCall call, const fs::path& path) override {
    if (path.string().find(part_) == std::string::npos) return {};
    met_();
    return {call == env::FileCall::rename ? error_ : 0};
  }

  const std::string part_;
  const int error_;
  const std::function<void()> met_;
};

class FullDiskTest : public ExportedFiles {
 protected:
  // A mirror of two projects, of which nothing is exported.
  void SetUp() override {
    serve();
    MirrorSettings wanted = settings(kBloodCells);
    wanted.workspace = "projects = [\"" + std::string(kBloodCells) + "\", \"" + kKeypoints + "\"]";
    mirror_ = std::make_unique<Mirror>(wanted);
    ASSERT_EQ(mirror_->sync({"--no-export"}).status, 0);
    config_.mirror.database = mirror_->database();
    config_.mirror.export_dir = mirror_->folder() / "exports";
    config_.files.min_free = 0;
    config_.exports.push_back({});
    config_.exports.back().formats = {"ndjson"};
  }

  // The exports that follow a sync of both.
  sync::SyncResult run(const std::stop_token& stop = {}) const {
    store::Store store(config_.mirror, store::Access::write);
    sync::SyncResult result;
    result.result = sync::Outcome::ok;
    for (const char* id : {kBloodCells, kKeypoints}) {
      result.projects.emplace_back();
      result.projects.back().id = id;
      result.projects.back().outcome = sync::Outcome::ok;
    }
    sync::Observer nobody;
    update::export_changes(config_, false, Env::system(), nobody, stop, result, store);
    return result;
  }
  bool is_exported(const std::string& project) const {
    return fs::exists(config_.mirror.export_dir / project / "manifest.json");
  }

  std::unique_ptr<Mirror> mirror_;
  Config config_;
};

TEST_F(FullDiskTest, InOneProjectStopsNoOther) {
  {
    const FullDisk full(kBloodCells);
    const sync::SyncResult result = run();
    EXPECT_EQ(result.exit, ExitCode::machine);
    EXPECT_NE(result.error.find("full"), std::string::npos) << result.error;
    EXPECT_NE(result.projects[0].error.find("full"), std::string::npos);
    EXPECT_EQ(result.projects[1].error, "");
    EXPECT_GT(result.exports.size(), 2U);
  }
  EXPECT_FALSE(is_exported(kBloodCells));
  EXPECT_TRUE(is_exported(kKeypoints));
  EXPECT_TRUE(fs::exists(config_.mirror.export_dir / "index.json"));
  EXPECT_FALSE(fs::is_empty(config_.mirror.export_dir / "by-name"));
  EXPECT_EQ(run().exit, ExitCode::done);
  EXPECT_TRUE(is_exported(kBloodCells));
}

TEST_F(FullDiskTest, ForTheIndexAloneIsSaidAndWhatWasWrittenIsTold) {
  const FullDisk full("index.json");
  const sync::SyncResult result = run();
  EXPECT_EQ(result.exit, ExitCode::machine);
  EXPECT_NE(result.error.find("index.json"), std::string::npos) << result.error;
  EXPECT_GT(result.exports.size(), 2U);
  EXPECT_FALSE(fs::is_empty(config_.mirror.export_dir / "by-name"));
}

TEST_F(FullDiskTest, AStopTellsOfWhatWasWrittenBefore) {
  std::stop_source stop;
  const FullDisk none(kKeypoints, 0, [&] { stop.request_stop(); });
  const sync::SyncResult result = run(stop.get_token());
  EXPECT_EQ(result.result, sync::Outcome::interrupted);
  EXPECT_TRUE(is_exported(kBloodCells));
  EXPECT_GT(result.exports.size(), 2U);
}

// The one is no reason to keep the other back.
TEST_F(FullDiskTest, PicturesWithoutRoomAreToldWhereTheRestFailsToo) {
  config_.exports.back().formats = {"yolo"};
  mirror_->configure(
      with(lines("yolo"), kKeypoints, "images = [\"" + std::string(kKeypoints) + "\"]\n"));
  ASSERT_EQ(mirror_->sync({"--no-export"}).status, 0);
  const std::string cut = give_content(*mirror_, "\xff\xd8\xff cut");
  execute(*mirror_, "INSERT INTO jpeg_endings VALUES('" + cut + "', 1)");
  config_.files.min_free = std::int64_t{1} << 60;
  store::Store store(config_.mirror, store::Access::write);
  exports::ExportRequest request;
  request.project_ids = {kKeypoints};
  const FullDisk full(std::string(kKeypoints) + "/annotations/yolo/labels");
  exports::ExportReport report;
  exports::run_exports(config_, store, Env::system(), request, {}, report);
  ASSERT_EQ(report.failures.size(), 2U);
  EXPECT_NE(std::string(report.failures[0].error.what()).find("min_free"), std::string::npos)
      << report.failures[0].error.what();
  EXPECT_NE(std::string(report.failures[1].error.what()).find("full"), std::string::npos)
      << report.failures[1].error.what();
}

}  // namespace
}  // namespace nexus_mirror::testing
