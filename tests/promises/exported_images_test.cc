// CONTRACT.md 8, "Exports take them along": images in export folders, through the real programs.
// Each test says in its name which promise it holds.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "support/exported_files.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScenes = "proj_f2b49a01b8b6f17b0706a3030003713b";

TEST_F(ExportedFiles, LieWhereTheAnnotationFilesSayInEveryFormat) {
  const auto mirror = keeper(
      "[[export]]\nformats = [\"coco\", \"createml\", \"csv_fourcorner\", \"csv_widthheight\", "
      "\"pascal_voc\", \"yolo_darknet\", \"yolo_keras_pytorch\", \"yolo\", \"ndjson\"]\n",
      kBloodCells);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror, kBloodCells);
  for (const char* places :
       {"coco/images", "createml/images", "yolo_keras_pytorch/images", "pascal_voc/JPEGImages",
        "yolo_darknet/JPEGImages", "yolo/images/train"}) {
    expect_all(*mirror, folder / places);
  }
  EXPECT_EQ(counts(*mirror, "ndjson", kBloodCells), "none");
  // A list leads to each from where it stands.
  for (const char* list : {"yolo/train.txt", "yolo_darknet/train.txt"}) {
    std::istringstream text(file_bytes(folder / list));
    int found = 0;
    for (std::string line; std::getline(text, line); ++found) {
      EXPECT_TRUE(fs::exists((folder / list).parent_path() / line)) << line;
    }
    EXPECT_EQ(found, 364);
  }
  const rapidjson::Document coco = read_json(folder / "coco/annotations.json");
  for (const auto& image : coco["images"].GetArray()) {
    EXPECT_TRUE(fs::exists(folder / "coco/images" / image["file_name"].GetString()));
  }
  for (const char* format : {"coco", "pascal_voc", "yolo"}) {
    EXPECT_EQ(counts(*mirror, format, kBloodCells).substr(0, 4), "364 ") << format;
  }
  // Only those that have a row.
  const rapidjson::Document json = manifest(*mirror, kBloodCells);
  EXPECT_EQ(static_cast<std::int64_t>(pictures(folder / "csv_fourcorner/images").size()),
            entry_of(json, "csv_fourcorner")["images"].GetInt64());
}

TEST_F(ExportedFiles, AreLinksThatNobodyWritesTo) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path content = first_of(*mirror, "path");
  const fs::path placed = annotations(*mirror) / "yolo/images/train" / first_of(*mirror);
  EXPECT_EQ(mode_of(placed), 0444U);
  const bool reflinks = mirror->number("SELECT count(*) FROM placed_files WHERE placed_as = 1") > 0;
  EXPECT_EQ(inode(placed) == inode(content), !reflinks);
  EXPECT_EQ(counts(*mirror, "yolo"), "99 99 0 0 ");
  EXPECT_EQ(entry_of(manifest(*mirror), "yolo")["image_files"]["bytes"].GetInt64(),
            mirror->number("SELECT sum(bytes) FROM asset_files"));
}

TEST_F(ExportedFiles, AreNotTouchedWhereTheyAreTheSame) {
  const auto mirror = keeper(lines("yolo") + "split_ratio = 0.3\n");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(annotations(*mirror));
  EXPECT_GT(pictures(annotations(*mirror) / "yolo/images/val").size(), 10U);
  // Whoever opened one would not find it.
  fs::rename(mirror->folder() / "files/sha256", mirror->folder() / "files/elsewhere");
  ASSERT_EQ(mirror->sync().status, 0);
  const Ended all = mirror->run({"export"});
  EXPECT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(all.out, "");
  EXPECT_TRUE(files_below(annotations(*mirror)) == before);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(ExportedFiles, AreThereAgainWhereSomebodyRemovedThem) {
  const auto mirror = keeper(lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "keypoints_coco/images";
  fs::remove(images / first_of(*mirror));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, images);
  fs::remove_all(images);
  const Ended ended = mirror->run({"export"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all(*mirror, images);
}

TEST_F(ExportedFiles, ComeLaterWithoutAnAnnotationFileBeingWritten) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  const fs::path folder = annotations(*mirror) / "yolo";
  EXPECT_FALSE(fs::exists(folder / "images"));
  EXPECT_EQ(counts(*mirror, "yolo"), "0 0 0 99 ");
  const auto before = files_below(folder);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_all(*mirror, folder / "images/train");
  for (const auto& [path, state] : before) {
    EXPECT_TRUE(files_below(folder).at(path) == state) << path;
  }
  EXPECT_EQ(counts(*mirror, "yolo"), "99 99 0 0 ");
  // One of them: all others stay as they are.
  const auto all = files_below(folder);
  const std::string name = first_of(*mirror);
  execute(*mirror, "UPDATE files SET status = 'missing' WHERE entity_id = '" +
                       first_of(*mirror, "asset_id") +
                       "'; INSERT INTO export_marks SELECT id, 'images' FROM projects");
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  auto left = files_below(folder);
  EXPECT_EQ(left.size(), all.size() - 1);
  for (const auto& [path, state] : left) EXPECT_TRUE(state == all.at(path)) << path;
  EXPECT_EQ(counts(*mirror, "yolo"), "98 98 0 1 ");
}

TEST_F(ExportedFiles, GoWithTheirAssetsAndNothingOfOthersDoes) {
  const auto mirror = keeper(lines("yolo") + lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "yolo/images/train";
  std::ofstream(images / "mine.jpg") << "mine";
  const std::string id = first_of(*mirror, "asset_id"), name = first_of(*mirror);
  const std::string line = corpus_line("assets", id);
  put("assets", id, replaced(line, "\"filename\":\"" + name, "\"filename\":\"other " + name));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images / name));
  EXPECT_TRUE(fs::exists(images / ("other " + name)));
  remove("assets", id);
  ASSERT_EQ(mirror->sync({"--allow-mass-delete"}).status, 0);
  EXPECT_FALSE(fs::exists(images / ("other " + name)));
  EXPECT_EQ(pictures(images).size(), 99U) << "98 and that of somebody";
  EXPECT_EQ(file_bytes(images / "mine.jpg"), "mine");
  EXPECT_EQ(pictures(annotations(*mirror) / "keypoints_coco/images").size(), 98U);
  EXPECT_EQ(mirror->value("SELECT count(*) FROM placed_files"), "196");
}

TEST_F(ExportedFiles, MoveWithTheSplitAndFollowTheFilters) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  mirror->configure(with(lines("yolo") + "split_ratio = 0.5\n"));
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror) / "yolo";
  std::size_t all = 0;
  for (const char* set : {"train", "val"}) {
    std::istringstream list(file_bytes(folder / (std::string(set) + ".txt")));
    std::size_t listed = 0;
    for (std::string line; std::getline(list, line); ++listed) {
      EXPECT_TRUE(fs::exists(folder / line)) << line;
    }
    EXPECT_EQ(pictures(folder / "images" / set).size(), listed);
    all += listed;
  }
  EXPECT_EQ(all, 99U);
  mirror->configure(with(lines("yolo") + "statuses = [\"Review\"]\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(std::to_string(pictures(folder / "images").size()),
            mirror->value("SELECT count(*) FROM assets WHERE status = 'Review'"));
  EXPECT_FALSE(fs::exists(folder / "images/val"));
}

TEST_F(ExportedFiles, AreNotThereWhereTheSettingsSaySo) {
  const auto mirror = keeper(lines("yolo"));
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path images = annotations(*mirror) / "yolo/images";
  mirror->configure(with(lines("yolo") + "images = false\n"));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images));
  EXPECT_EQ(counts(*mirror, "yolo"), "none");
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  expect_all(*mirror, images / "train");
  // Of a project that is taken out nothing is kept, and of a format that is taken out, neither.
  mirror->configure(with(lines("yolo"), kKeypoints, "images = []\n"));
  const auto labels = files_below(annotations(*mirror) / "yolo/labels");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(images));
  EXPECT_TRUE(files_below(annotations(*mirror) / "yolo/labels") == labels);
  EXPECT_EQ(counts(*mirror, "yolo"), "0 0 0 99 ");
  mirror->configure(with(lines("yolo")));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, images / "train");
  mirror->configure(with(lines("keypoints_coco")));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(annotations(*mirror) / "yolo"));
  EXPECT_EQ(mirror->value("SELECT count(*) FROM placed_files WHERE format = 'yolo'"), "0");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(ExportedFiles, OfOneFormatAloneLeaveTheOthersDue) {
  const auto mirror = keeper(lines("yolo") + lines("keypoints_coco"));
  ASSERT_EQ(mirror->sync({"--no-files"}).status, 0);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  ASSERT_EQ(mirror->run({"export", "--format", "yolo"}).status, 0);
  expect_all(*mirror, annotations(*mirror) / "yolo/images/train");
  EXPECT_FALSE(fs::exists(annotations(*mirror) / "keypoints_coco/images"));
  ASSERT_EQ(mirror->sync().status, 0);
  expect_all(*mirror, annotations(*mirror) / "keypoints_coco/images");
  EXPECT_EQ(mirror->value("SELECT count(*) FROM export_marks"), "0");
}

TEST_F(ExportedFiles, OfVideosAreMissing) {
  serve({}, in_source("tests/corpus-odd"));
  constexpr const char* kVideos = "proj_0cab1c9617404faf2b24e221e189ca59";
  const Mirror mirror(with(lines("coco") + lines("tfrecord"), kVideos));
  const Ended ended = mirror.sync();
  ASSERT_LE(ended.status, 1) << ended.err;
  const std::string here = mirror.value(
      "SELECT count(*) FROM asset_files f JOIN assets a ON a.id = f.asset_id WHERE "
      "f.status = 'ok' AND a.mime_type LIKE 'image/%'");
  const fs::path images = annotations(mirror, kVideos) / "coco/images";
  EXPECT_EQ(std::to_string(pictures(images).size()), here);
  for (const auto& [path, sha256] : pictures(images)) {
    EXPECT_NE(mirror.value("SELECT count(*) FROM asset_files f JOIN assets a ON a.id = f.asset_id "
                           "WHERE a.mime_type LIKE 'image/%' AND f.sha256 = '" +
                           sha256 + "'"),
              "0")
        << path;
  }
  const rapidjson::Document json = manifest(mirror, kVideos);
  for (const char* format : {"coco", "tfrecord"}) {
    const rapidjson::Value& entry = entry_of(json, format);
    EXPECT_GT(entry["image_files"]["missing"].GetInt64(), 0) << format;
    EXPECT_EQ(entry["image_files"]["missing"].GetInt64() + std::stoll(here),
              entry["images"].GetInt64())
        << format;
  }
}

TEST_F(ExportedFiles, OfClassesAreFolders) {
  const auto mirror = keeper(lines("image_folder") + "split_ratio = 0.2\n", kScenes);
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const fs::path folder = annotations(*mirror, kScenes) / "image_folder";
  std::map<std::string, std::set<std::string>> classes;
  for (const std::string& row :
       mirror->rows("SELECT f.sha256, n.tag FROM annotations n JOIN asset_files f ON f.asset_id = "
                    "n.asset_id WHERE n.bound_type = 'Classification'")) {
    classes[row.substr(0, row.find('|'))].insert(row.substr(row.find('|') + 1));
  }
  std::size_t placed = 0;
  for (const char* set : {"train", "val"}) {
    for (const auto& [path, sha256] : pictures(folder / set)) {
      ++placed;
      EXPECT_EQ(classes[sha256], std::set<std::string>{path.substr(0, path.find('/'))}) << path;
    }
    EXPECT_FALSE(pictures(folder / set).empty());
  }
  const rapidjson::Document json = manifest(*mirror, kScenes);
  const rapidjson::Value& entry = entry_of(json, "image_folder");
  EXPECT_EQ(entry["images"].GetInt64(), static_cast<std::int64_t>(placed));
  EXPECT_EQ(entry["image_files"]["placed"].GetInt64(), static_cast<std::int64_t>(placed));
  std::int64_t left_out = 0;
  for (const auto& reason : entry["images_left_out"].GetArray()) {
    left_out += reason["count"].GetInt64();
  }
  EXPECT_EQ(left_out + entry["images"].GetInt64(), 364);
}

}  // namespace
}  // namespace nexus_mirror::testing
