// CONTRACT.md 8, "Exports take them along": images inside the records of tfrecord.
#include <filesystem>

#include "support/exported_files.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScenes = "proj_f2b49a01b8b6f17b0706a3030003713b";

TEST_F(ExportedFiles, AreInsideTfrecords) {
  const auto mirror = keeper(lines("classification_tfrecord"), kScenes);
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  const fs::path file =
      annotations(*mirror, kScenes) / "classification_tfrecord/annotations.tfrecord";
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "0 0 0 364 ");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "364 0 364 0 ");
  const std::string records = file_bytes(file);
  for (const std::string& row : mirror->rows("SELECT path, sha256 FROM asset_files LIMIT 20")) {
    const std::size_t bar = row.find('|');
    EXPECT_NE(records.find(file_bytes(row.substr(0, bar))), std::string::npos);
    EXPECT_NE(records.find(row.substr(bar + 1)), std::string::npos);
  }
  const auto before = files_below(file.parent_path());
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(file.parent_path()) == before);
  mirror->configure(with(lines("classification_tfrecord") + "images = false\n", kScenes));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_LT(fs::file_size(file), 1U << 20);
}

// A record without the images that it had would be believed.
TEST_F(ExportedFiles, InsideTfrecordsStayWhileTheyCannotBeHadOrHaveNoRoom) {
  const fs::path dir = in_build("not_mounted_for_records");
  fs::remove_all(dir);
  const std::string format = lines("classification_tfrecord");
  const std::string line = "dir = \"" + dir.string() + "\"\n";
  const auto mirror = keeper(format, kScenes, line);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = annotations(*mirror, kScenes) / "classification_tfrecord";
  const auto before = files_below(folder);
  fs::rename(dir, dir.string() + ".away");
  const Ended away = mirror->run({"export", "--force"});
  EXPECT_EQ(away.status, 5) << away.err;
  EXPECT_NE(away.err.find("mount"), std::string::npos) << away.err;
  EXPECT_TRUE(files_below(folder) == before);
  fs::remove_all(dir);
  fs::rename(dir.string() + ".away", dir);
  mirror->configure(with(format, kScenes, line + "min_free = \"1000TiB\"\n"));
  const Ended full = mirror->run({"export", "--force"});
  EXPECT_EQ(full.status, 5) << full.err;
  EXPECT_NE(full.err.find("min_free"), std::string::npos) << full.err;
  EXPECT_TRUE(files_below(folder) == before);
  mirror->configure(with(format, kScenes, line));
  ASSERT_EQ(mirror->run({"export", "--force"}).status, 0);
  EXPECT_EQ(counts(*mirror, "classification_tfrecord", kScenes), "364 0 364 0 ");
  fs::remove_all(dir);
}

}  // namespace
}  // namespace nexus_mirror::testing
