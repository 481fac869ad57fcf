// CONTRACT.md 8, "Exports take them along": model files beside their links.
#include <algorithm>
#include <filesystem>

#include "content/content_folder.h"
#include "env/file.h"
#include "exports/exports.h"
#include "support/exported_files.h"
#include "text/digest.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

TEST_F(ExportedFiles, OfModelsLieBesideTheirLinks) {
  const auto mirror = keeper(lines("coco"), kBloodCells, "images = []\nmodels = [\"*\"]\n");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = folder_of(*mirror, kBloodCells) / "models";
  const auto kept = mirror->rows("SELECT model_id, sha256 FROM model_files WHERE status = 'ok'");
  EXPECT_GT(kept.size(), 3U);
  const rapidjson::Document links = read_json(folder / "links.json");
  std::size_t found = 0;
  for (const auto& model : links["models"].GetArray()) {
    ASSERT_TRUE(model.HasMember("file"));
    const std::string id = model["model_id"].GetString();
    const bool finished = std::string(model["status"].GetString()) == "Finished";
    EXPECT_EQ(model["file"].IsString(), finished) << id;
    if (!model["file"].IsString()) continue;
    ++found;
    const std::string file = model["file"].GetString();
    EXPECT_TRUE(file.starts_with("files/" + id + "/")) << file;
    const std::string row = id + "|" + text::sha256(file_bytes(folder / file));
    EXPECT_EQ(std::count(kept.begin(), kept.end(), row), 1) << file;
    EXPECT_EQ(mode_of(folder / file), 0444U);
  }
  EXPECT_EQ(found, kept.size());
  EXPECT_NE(file_bytes(folder / "links.csv").find(",files/model_"), std::string::npos);
  EXPECT_EQ(manifest(*mirror, kBloodCells)["models"]["files"].Size(), 2U);
  const auto before = files_below(folder);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(folder) == before);
  mirror->configure(with(lines("coco"), kBloodCells, "images = []\nmodels = []\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(folder / "files"));
  EXPECT_EQ(file_bytes(folder / "links.csv").find(",files/model_"), std::string::npos);
}

// What leads to it is signed anew each time, and may be gone; who has written its path down does
// not ask again.
TEST_F(ExportedFiles, OfModelsStayWhereTheyAreWhateverTheLinkBecomes) {
  const auto mirror = keeper(lines("coco"), kBloodCells, "images = []\nmodels = [\"*\"]\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = folder_of(*mirror, kBloodCells) / "models";
  const auto before = files_below(folder / "files");
  const std::string mark = "; INSERT OR IGNORE INTO export_marks SELECT id, 'models' FROM projects";
  for (const char* url : {"NULL", "''", "'https://127.0.0.1/other/name.onnx?x=1'"}) {
    execute(*mirror, std::string("UPDATE models SET download_url = ") + url + mark);
    ASSERT_EQ(mirror->run({"export"}).status, 0);
    EXPECT_TRUE(files_below(folder / "files") == before) << url;
  }
  // Other content is another file; and one that had no name gets one.
  const std::string id = first_model(*mirror), other = "files/" + id + "/name.onnx";
  ASSERT_FALSE(fs::exists(folder / other));
  give_model_content(*mirror, id, "other");
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_EQ(file_bytes(folder / other), "other");
  EXPECT_EQ(files_below(folder / "files").size(), before.size());
  execute(*mirror,
          "DELETE FROM placed_files WHERE format = 'models'; UPDATE models SET "
          "download_url = NULL" +
              mark);
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_TRUE(fs::exists(folder / "files" / id / "model"));
  execute(*mirror, "UPDATE models SET download_url = 'https://127.0.0.1/other/name.onnx'" + mark);
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_FALSE(fs::exists(folder / "files" / id / "model"));
  EXPECT_EQ(file_bytes(folder / other), "other");
}

// Looks into links.json before each change of the disk.
class LinksReader : private env::FileFaults {
 public:
  explicit LinksReader(fs::path folder) : folder_(std::move(folder)) { env::set_file_faults(this); }
  ~LinksReader() override { env::set_file_faults(nullptr); }
  int removals = 0;

 private:
  env::FileFault before(env::FileCall call, const fs::path& path) override {
    if (call == env::FileCall::remove &&
        path.string().find("/models/files/") != std::string::npos) {
      ++removals;
    }
    const rapidjson::Document links = read_json(folder_ / "links.json");
    for (const auto& model : links["models"].GetArray()) {
      if (!model["file"].IsString()) continue;
      const fs::path file = folder_ / model["file"].GetString();
      EXPECT_TRUE(fs::exists(file)) << file << " before a change of " << path;
    }
    return {};
  }
  const fs::path folder_;
};

TEST_F(ExportedFiles, OfModelsAreThereAsLongAsALinkNamesThem) {
  const auto mirror = keeper(lines("coco"), kBloodCells, "images = []\nmodels = [\"*\"]\n");
  ASSERT_EQ(mirror->sync().status, 0);
  Config config;
  config.mirror.database = mirror->database();
  config.mirror.export_dir = mirror->folder() / "exports";
  config.files.min_free = 0;
  config.exports.push_back({});
  config.exports.back().formats = {"coco"};
  const auto run = [&] {
    store::Store store(config.mirror, store::Access::write);
    exports::ExportRequest request;
    request.project_ids = {kBloodCells};
    exports::ExportReport report;
    const LinksReader reader(folder_of(*mirror, kBloodCells) / "models");
    exports::run_exports(config, store, Env::system(), request, {}, report);
    EXPECT_GT(reader.removals, 0);
  };
  const std::string id = first_model(*mirror);
  execute(*mirror, "UPDATE models SET download_url = 'https://127.0.0.1/other/name.onnx'");
  give_model_content(*mirror, id, "other");
  run();
  // Content that is not to be had any more.
  fs::remove(
      content::content_path(mirror->folder() / "files", give_model_content(*mirror, id, "gone")));
  run();
  mirror->configure(with(lines("coco"), kBloodCells, "images = []\nmodels = []\n"));
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  run();
}

}  // namespace
}  // namespace nexus_mirror::testing
