// What a sync does to exports that are there: nothing without reason, and what is needed with one.
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTwoFormats = "[[export]]\nformats = [\"coco\", \"yolo\"]\n";

class ExportsChange : public ExportsTest {
 protected:
  // The corpus' three tags of blood-cells without the first: RBC is gone, the others stay.
  void remove_first_tag() {
    remove("tags", std::string(kBloodCells) + ":0");
    std::string project = corpus_line("projects", kBloodCells);
    project = replaced(project, "\"tags\":[\"RBC\",", "\"tags\":[");
    const std::size_t count = project.find("{\"name\":\"RBC\"");
    project.erase(count, project.find('}', count) + 2 - count);
    put("projects", kBloodCells, project);
  }
};

TEST_F(ExportsChange, AQuietSyncTouchesNoFile) {
  const auto mirror = exporting("");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(mirror->folder() / "exports");
  const auto rows = mirror->rows("SELECT * FROM exports ORDER BY path");
  const Ended ended = mirror->sync({"--json"});
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.out.find("\"exports\":[]"), std::string::npos) << ended.out;
  EXPECT_TRUE(files_below(mirror->folder() / "exports") == before);
  EXPECT_EQ(mirror->rows("SELECT * FROM exports ORDER BY path"), rows);
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  EXPECT_TRUE(files_below(mirror->folder() / "exports") == before) << "export changed equal files";
}

TEST_F(ExportsChange, ForceWritesEqualFilesAnew) {
  const auto mirror = exporting(kTwoFormats, kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(folder_of(*mirror, kKeypoints));
  ASSERT_EQ(mirror->run({"export", "--force"}).status, 0);
  for (const auto& [path, state] : files_below(folder_of(*mirror, kKeypoints))) {
    if (!path.starts_with("annotations/")) continue;
    EXPECT_EQ(state.bytes, before.at(path).bytes);
    EXPECT_NE(state.inode, before.at(path).inode) << path;
  }
  expect_consistent(*mirror, kKeypoints);
}

TEST_F(ExportsChange, FilesOfAssetsThatAreGoneGoToo) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string asset = corpus_line("assets", kBloodCells);
  const std::string stem =
      fs::path(mirror->value("SELECT filename FROM assets WHERE id = '" + id_of(asset) + "'"))
          .stem();
  const fs::path label =
      folder_of(*mirror, kBloodCells) / "annotations/yolo/labels/train" / (stem + ".txt");
  ASSERT_TRUE(fs::exists(label));
  for (const std::string& line : corpus_lines("annotations", id_of(asset))) {
    remove("annotations", id_of(line));
  }
  remove("assets", id_of(asset));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(label));
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsChange, ChangedSettingsMakeTheirFormatAnew) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  MirrorSettings settings = this->settings(kBloodCells);
  settings.tables =
      "[[export]]\nformats = [\"coco\"]\nsplit_ratio = 0.25\n[[export]]\nformats = [\"yolo\"]\n";
  mirror->configure(settings);
  const auto before = files_below(folder_of(*mirror, kBloodCells) / "annotations/yolo");
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(files_below(folder_of(*mirror, kBloodCells) / "annotations/yolo") == before);
  const fs::path coco = folder_of(*mirror, kBloodCells) / "annotations/coco";
  EXPECT_FALSE(fs::exists(coco / "annotations.json"));
  const auto train = read_json(coco / "train.json"), validate = read_json(coco / "validate.json");
  EXPECT_EQ(train["images"].Size() + validate["images"].Size(), 364U);
  EXPECT_EQ(train["annotations"].Size() + validate["annotations"].Size(), 4888U);
  EXPECT_GT(validate["images"].Size(), 60U);
  EXPECT_LT(validate["images"].Size(), 120U);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsChange, AnAssetStaysInItsSetWhenTheDataSetGrows) {
  const std::string split = "[[export]]\nformats = [\"coco\"]\nsplit_ratio = 0.3\n";
  const auto mirror = exporting(split, kBloodCells);
  const std::string asset = corpus_line("assets", kBloodCells);
  remove("assets", id_of(asset));
  const auto set_of = [&](const char* set) {
    const auto json = read_json(folder_of(*mirror, kBloodCells) / "annotations/coco" /
                                (std::string(set) + ".json"));
    std::set<std::string> names;
    for (const auto& image : json["images"].GetArray())
      names.insert(image["file_name"].GetString());
    return names;
  };
  ASSERT_EQ(mirror->sync().status, 0);
  const auto train = set_of("train"), validate = set_of("validate");
  put("assets", id_of(asset), asset);
  ASSERT_EQ(mirror->sync().status, 0);
  for (const std::string& name : train) EXPECT_TRUE(set_of("train").contains(name)) << name;
  EXPECT_EQ(set_of("train").size() + set_of("validate").size(), 364U);
  for (const std::string& name : validate) EXPECT_TRUE(set_of("validate").contains(name)) << name;
}

TEST_F(ExportsChange, ADeletedTagThatRenumbersClassesIsAnnounced) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  remove_first_tag();
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_NE(ended.err.find("renumbered"), std::string::npos) << ended.err;
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  const auto& yolo = entry_of(manifest, "yolo");
  ASSERT_EQ(yolo["classes"].Size(), 2U);
  EXPECT_STREQ(yolo["classes"][0]["name"].GetString(), "WBC");
  EXPECT_EQ(yolo["classes"][0]["id"].GetInt(), 0);
  ASSERT_TRUE(yolo["classes_before"].IsArray());
  EXPECT_STREQ(yolo["classes_before"][1]["name"].GetString(), "WBC");
  // COCO's ids are the tags' own numbers: nothing moved there.
  const auto& coco = entry_of(manifest, "coco");
  EXPECT_EQ(coco["classes"][0]["id"].GetInt(), 2);
  EXPECT_TRUE(coco["classes_before"].IsNull());
  // Boxes of a tag that is gone are named, not lost.
  ASSERT_EQ(coco["skipped"].Size(), 1U);
  EXPECT_STREQ(coco["skipped"][0]["reason"].GetString(), "tag that the project does not list");
  EXPECT_EQ(coco["skipped"][0]["count"].GetInt64() + coco["annotations"].GetInt64(), 4888);
}

TEST_F(ExportsChange, ANewTagRenumbersNothing) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  put("tags", std::string(kBloodCells) + ":3",
      R"({"projectId":")" + std::string(kBloodCells) + R"(","index":3,"name":"Basophil"})");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.err.find("renumbered"), std::string::npos) << ended.err;
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  EXPECT_TRUE(entry_of(manifest, "yolo")["classes_before"].IsNull());
  EXPECT_EQ(entry_of(manifest, "yolo")["classes"].Size(), 4U);
}

TEST_F(ExportsChange, FiltersLeaveNumbersAsTheyAre) {
  const auto all = exporting("[[export]]\nformats = [\"coco\"]\n", kBloodCells);
  const auto some =
      exporting("[[export]]\nformats = [\"coco\"]\nstatuses = [\"Completed\"]\n", kBloodCells);
  ASSERT_EQ(all->sync().status, 0);
  ASSERT_EQ(some->sync().status, 0);
  const auto numbers = [&](const Mirror& mirror, const char* list, const char* key) {
    const auto json =
        read_json(folder_of(mirror, kBloodCells) / "annotations/coco/annotations.json");
    std::map<std::string, std::int64_t> ids;
    for (const auto& item : json[list].GetArray())
      ids[item[key].GetString()] = item["id"].GetInt64();
    return ids;
  };
  for (const auto& [list, key] :
       {std::pair("images", "asset_id"), std::pair("annotations", "annotation_id")}) {
    const auto whole = numbers(*all, list, key), part = numbers(*some, list, key);
    EXPECT_GT(part.size(), 0U);
    EXPECT_LT(part.size(), whole.size());
    for (const auto& [id, number] : part) EXPECT_EQ(whole.at(id), number);
  }
  EXPECT_EQ(numbers(*all, "images", "asset_id").size(), 364U);
}

TEST_F(ExportsChange, AFormatThatIsNoLongerConfiguredGoes) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  MirrorSettings settings = this->settings(kBloodCells);
  settings.tables = "[[export]]\nformats = [\"yolo\"]\n";
  mirror->configure(settings);
  // What is not ours stays, images beside their labels above all.
  const fs::path picture = folder_of(*mirror, kBloodCells) / "annotations/coco/picture.jpg";
  std::ofstream(picture) << "jpeg";
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(folder_of(*mirror, kBloodCells) / "annotations/coco/annotations.json"));
  EXPECT_TRUE(fs::exists(picture));
  EXPECT_EQ(mirror->rows("SELECT DISTINCT format FROM exports"), std::vector<std::string>{"yolo"});
  fs::remove(picture);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsChange, AFormatAskedForIsKeptUpToDateUntilItsFolderIsRemoved) {
  const auto mirror = exporting("[[export]]\nformats = [\"yolo\"]\n", kBloodCells);
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  EXPECT_FALSE(fs::exists(mirror->folder() / "exports"));
  ASSERT_EQ(mirror->run({"export", "--format", "createml", "--project", "blood-cells"}).status, 0);
  const fs::path folder = folder_of(*mirror, kBloodCells) / "annotations";
  EXPECT_TRUE(fs::exists(folder / "createml/annotations.json"));
  EXPECT_FALSE(fs::exists(folder / "yolo")) << "--format makes what it names only";
  const std::string before = file_bytes(folder / "createml/annotations.json");
  const std::string line = corpus_line("annotations", kBloodCells);
  remove("annotations", id_of(line));
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(fs::exists(folder / "yolo/data.yaml"));
  EXPECT_NE(file_bytes(folder / "createml/annotations.json"), before);
  expect_consistent(*mirror, kBloodCells);
  fs::remove_all(folder / "createml");
  put("annotations", id_of(line), line);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(fs::exists(folder / "createml"));
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsChange, TheFirstBlockThatGivesAFormatDecides) {
  const auto mirror = exporting(
      "[[export]]\nprojects = [\"blood-*\"]\nformats = [\"csv_fourcorner\"]\nnormalized = false\n"
      "[[export]]\nformats = [\"csv_fourcorner\"]\n",
      kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string csv =
      file_bytes(folder_of(*mirror, kBloodCells) / "annotations/csv_fourcorner/annotations.csv");
  EXPECT_TRUE(csv.starts_with(
      "filename,xmin,ymin,xmax,ymax,label\nBloodImage_00000.jpg,482,131,594,230,RBC\n"))
      << csv.substr(0, 100);
}

TEST_F(ExportsChange, FilesThatAreMissingOrDamagedComeBack) {
  const auto mirror = exporting(kTwoFormats, kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = folder_of(*mirror, kKeypoints);
  auto before = files_below(folder);
  const auto bytes_are_back = [&] {
    const auto after = files_below(folder);
    ASSERT_EQ(after.size(), before.size());
    for (const auto& [path, state] : before) {
      EXPECT_TRUE(path == "manifest.json" || after.at(path).bytes == state.bytes) << path;
    }
    expect_consistent(*mirror, kKeypoints);
  };
  fs::remove_all(folder);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(files_below(folder).size(), before.size());
  expect_consistent(*mirror, kKeypoints);
  before = files_below(folder);  // links.json says when it was written
  for (const char* path : {"annotations/yolo/data.yaml", "manifest.json"}) {
    fs::remove(folder / path);
    ASSERT_EQ(mirror->sync().status, 0) << path;
    bytes_are_back();
  }
  std::ofstream(folder / "annotations/coco/annotations.json", std::ios::app) << "damage";
  ASSERT_EQ(mirror->run({"export"}).status, 0);
  bytes_are_back();
}

TEST_F(ExportsChange, AMirrorMadeAnewTakesTheOldFilesOver) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const std::string asset = corpus_line("assets", kBloodCells);
  for (const std::string& line : corpus_lines("annotations", id_of(asset))) {
    remove("annotations", id_of(line));
  }
  remove("assets", id_of(asset));
  for (const char* end : {"", "-wal", "-shm"}) fs::remove(mirror->database().string() + end);
  mirror->forget_feed();
  ASSERT_EQ(mirror->sync({"--adopt"}).status, 0);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsChange, AProjectIsFoundByName) {
  const auto mirror = exporting(kTwoFormats);
  put("projects", "proj_00000000000000000000000000000001",
      R"({"id":"proj_00000000000000000000000000000001","name":"Blood  Cells!","workspaceId":"ws",)"
      R"("type":"ObjectDetection","createDate":4102444800000,"tags":[],"groups":[]})");
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path names = mirror->folder() / "exports/by-name";
  EXPECT_EQ(fs::read_symlink(names / "blood-cells"), fs::path("..") / kBloodCells);
  EXPECT_EQ(fs::read_symlink(names / "blood-cells-2"), "../proj_00000000000000000000000000000001");
  std::string renamed = corpus_line("projects", kKeypoints);
  renamed = replaced(renamed, "coco-fake-person-keypoints", "Persons");
  put("projects", kKeypoints, renamed);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_TRUE(fs::is_symlink(names / "persons"));
  EXPECT_FALSE(fs::exists(fs::symlink_status(names / "coco-fake-person-keypoints")));
}

TEST_F(ExportsChange, EveryoneMayReadAnnotationsAndTheGroupLinks) {
  const auto mirror = exporting(kTwoFormats, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = folder_of(*mirror, kBloodCells);
  const auto mode = [](const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  };
  EXPECT_EQ(mode(folder), 0755U);
  EXPECT_EQ(mode(folder / "annotations/yolo/labels/train"), 0755U);
  EXPECT_EQ(mode(folder / "annotations/yolo/data.yaml"), 0644U);
  EXPECT_EQ(mode(folder / "manifest.json"), 0644U);
  EXPECT_EQ(mode(folder / "models/links.json"), 0640U);
  EXPECT_EQ(mode(folder / "models/links.csv"), 0640U);
  EXPECT_EQ(mode(mirror->folder() / "exports/index.json"), 0644U);
}

}  // namespace
}  // namespace nexus_mirror::testing
