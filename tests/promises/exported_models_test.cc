// CONTRACT.md 8, "Exports take them along": model files beside their links.
#include <algorithm>
#include <filesystem>

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

}  // namespace
}  // namespace nexus_mirror::testing
