// Exports among hostile names, odd shapes, full disks and kills.
#include <sqlite3.h>

#include <fstream>
#include <set>

#include "support/exports_test.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEveryKindOfFile =
    "[[export]]\nformats = [\"coco\", \"pascal_voc\", \"yolo\", \"csv_fourcorner\"]\n";

std::string json_text(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      json += c == '\n' ? "\\n" : "\\u0001";
    } else {
      json += c;
    }
  }
  return json + "\"";
}

class ExportsTrouble : public ExportsTest {
 protected:
  void put_asset(const std::string& id, const std::string& filename,
                 const std::string& project = kKeypoints) {
    put("assets", id,
        R"({"id":")" + id + R"(","projectId":")" + project + R"(","filename":)" +
            json_text(filename) +
            R"(,"status":"Annotated","createDate":1,"url":"","metadata":{"width":100,"height":50,)"
            R"("groups":[]}})");
  }
  void put_annotation(const std::string& id, const std::string& asset, const std::string& tag,
                      const std::string& type, const std::string& bound) {
    put("annotations", id,
        R"({"id":")" + id + R"(","projectId":")" + kKeypoints + R"(","assetId":")" + asset +
            R"(","tag":)" + json_text(tag) + R"(,"boundType":")" + type + R"(","bound":)" + bound +
            "}");
  }
};

TEST_F(ExportsTrouble, HostileNamesStayInsideAndApart) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  const std::vector<std::pair<std::string, std::string>> assets = {
      {"asset_11111111-0", "../x.jpg"},
      {"asset_22222222-0", "/etc/x.jpg"},
      {"asset_33333333-0", "a\nb.jpg"},
      {"asset_44444444-0", "CON"},
      {"asset_55555555-0", std::string(300, 'n') + ".jpg"},
      {"asset_66666666-0", "twin.jpg"},
      {"asset_77777777-0", "twin.png"},
      {"asset_88888888-0", "same.jpg"},
      {"asset_99999999-0", "same.jpg"},
      {"asset_aaaaaaaa-0", "Case.jpg"},
      {"asset_bbbbbbbb-0", "case.jpg"},
      {"asset_cccccccc-0", "twin_asset_66666666.jpg"},
      {"asset_dddddddd-0", "\xe7\x8c\xab.jpg"},
      {"asset_eeeeeeee-0", ""},
      {"asset_ffffffff-0", ".."},
      {"asset_00000000-0", "folder/inside.jpg"},
      {"asset_11112222-0", "\u00c4.jpg"},
      {"asset_33334444-0", "\u00e4.jpg"},
      {"asset_55556666-0", "a\u0308.png"},
      {"asset_77778888-0", "SAME_asset_99999999.jpg"},
  };
  for (const auto& [id, name] : assets) put_asset(id, name, kBloodCells);
  const auto outside = files_below(mirror->folder());
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  for (const auto& [path, state] : files_below(mirror->folder())) {
    const bool ours = outside.contains(path) || path.starts_with("exports/") ||
                      path.starts_with("mirror.db") || path.starts_with("out_") ||
                      path.starts_with("err_");
    EXPECT_TRUE(ours) << path;
  }
  expect_consistent(*mirror, kBloodCells);
  const fs::path folder = folder_of(*mirror, kBloodCells) / "annotations";
  const std::size_t images = 364 + assets.size();
  std::size_t labels = 0, drawings = 0;
  for (const auto& [path, state] : files_below(folder)) {
    labels += path.starts_with("yolo/labels/train/") ? 1 : 0;
    drawings += path.starts_with("pascal_voc/Annotations/") ? 1 : 0;
  }
  EXPECT_EQ(labels, images);
  EXPECT_EQ(drawings, images);
  const rapidjson::Document coco = read_json(folder / "coco/annotations.json");
  std::map<std::string, std::string> names;
  std::set<std::string> different;
  for (const auto& image : coco["images"].GetArray()) {
    names[image["asset_id"].GetString()] = image["file_name"].GetString();
    different.insert(image["file_name"].GetString());
  }
  EXPECT_EQ(different.size(), images) << "two images are called the same";
  EXPECT_EQ(names["asset_66666666-0"], "twin.jpg");
  EXPECT_EQ(names["asset_88888888-0"], "same.jpg");
  EXPECT_EQ(names["asset_99999999-0"], "same_asset_99999999-0.jpg");
  EXPECT_EQ(names["asset_33334444-0"], "\u00e4_asset_33334444.jpg");
  EXPECT_EQ(names["asset_11111111-0"], "_._x_asset_11111111.jpg");
  EXPECT_EQ(names["asset_dddddddd-0"], "\xe7\x8c\xab.jpg");
  EXPECT_TRUE(fs::exists(folder / "yolo/labels/train/twin_asset_77777777.txt"));
  // All of it is in the manifest.
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  std::set<std::string> renamed;
  for (const auto& item : manifest["renamed"].GetArray())
    renamed.insert(item["asset_id"].GetString());
  const std::set<std::string> kept = {"twin.jpg",
                                      "same.jpg",
                                      "Case.jpg",
                                      "\u00c4.jpg",
                                      "\u732b.jpg",
                                      "SAME_asset_99999999.jpg",
                                      "twin_asset_66666666.jpg"};
  for (const auto& [id, name] : assets) {
    EXPECT_EQ(renamed.contains(id), !kept.contains(name) || id == "asset_99999999-0") << name;
  }
}

// Readers find each image, and its files, in what they part at blanks or make of a path.
TEST_F(ExportsTrouble, FormatsWithRulesForNamesHaveTheirOwn) {
  const auto mirror = exporting(
      "[[export]]\nformats = [\"coco\", \"pascal_voc\", \"yolo_keras_pytorch\", "
      "\"yolo_darknet\"]\n",
      kBloodCells);
  put_asset("asset_11111111-0", "a b.jpg", kBloodCells);
  put_asset("asset_22222222-0", "strawberry.jpg", kBloodCells);
  put_asset("asset_33333333-0", "images-1.jpg", kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  expect_consistent(*mirror, kBloodCells);
  const fs::path folder = folder_of(*mirror, kBloodCells) / "annotations";
  EXPECT_TRUE(fs::exists(folder / "pascal_voc/Annotations/a_b_asset_11111111.xml"));
  EXPECT_NE(
      file_bytes(folder / "pascal_voc/ImageSets/Main/train.txt").find("\na_b_asset_11111111\n"),
      std::string::npos);
  EXPECT_NE(
      file_bytes(folder / "yolo_keras_pytorch/annotations.txt").find("a_b_asset_11111111.jpg\n"),
      std::string::npos);
  const std::string list = file_bytes(folder / "yolo_darknet/train.txt");
  for (const char* stem : {"a b", "stRawberry_asset_22222222", "Images-1_asset_33333333"}) {
    EXPECT_NE(list.find("./JPEGImages/" + std::string(stem) + ".jpg\n"), std::string::npos) << stem;
    EXPECT_TRUE(fs::exists(folder / "yolo_darknet/labels" / (std::string(stem) + ".txt"))) << stem;
  }
  const rapidjson::Document coco = read_json(folder / "coco/annotations.json");
  std::map<std::string, std::string> names;
  for (const auto& image : coco["images"].GetArray()) {
    names[image["asset_id"].GetString()] = image["file_name"].GetString();
  }
  EXPECT_EQ(names["asset_11111111-0"], "a b.jpg");
  EXPECT_EQ(names["asset_22222222-0"], "strawberry.jpg");
  std::map<std::string, std::string> renamed;
  const rapidjson::Document manifest = manifest_of(*mirror, kBloodCells);
  for (const auto& item : manifest["renamed"].GetArray()) {
    for (const auto& format : item["formats"].GetArray()) {
      renamed[item["name"].GetString()] += format.GetString() + std::string(" ");
    }
  }
  EXPECT_EQ(renamed, (std::map<std::string, std::string>{
                         {"a_b_asset_11111111.jpg", "pascal_voc yolo_keras_pytorch "},
                         {"stRawberry_asset_22222222.jpg", "yolo_darknet "},
                         {"Images-1_asset_33333333.jpg", "yolo_darknet "}}));
  for (const char* format : {"pascal_voc", "yolo_keras_pytorch", "yolo_darknet"}) {
    EXPECT_EQ(entry_of(manifest, format)["images_left_out"].Size(), 0U) << format;
  }
}

TEST_F(ExportsTrouble, OddShapesAreKeptOrNamed) {
  const auto mirror = exporting(
      "[[export]]\nformats = [\"coco\", \"csv_fourcorner\", \"yolo_darknet\", "
      "\"csv_classification\", \"pascal_voc\"]\n",
      kKeypoints);
  put_asset("asset_odd", "odd.jpg");
  put("tags", std::string(kKeypoints) + ":1",
      R"({"projectId":")" + std::string(kKeypoints) +
          R"(","index":1,"name":"caf\u00e9, \"crème\""})");
  const std::string tag = "caf\xc3\xa9, \"cr\xc3\xa8me\"";
  put_annotation("annot_box", "asset_odd", tag, "Rectangle",
                 "[[0.1,0.2],[0.1,0.4],[0.3,0.4],[0.3,0.2]]");
  put_annotation("annot_zero", "asset_odd", tag, "Rectangle",
                 "[[0.5,0.5],[0.5,0.5],[0.5,0.5],[0.5,0.5]]");
  put_annotation("annot_beyond", "asset_odd", tag, "Rectangle",
                 "[[-0.1,0.2],[-0.1,1.4],[0.3,1.4],[0.3,0.2]]");
  put_annotation("annot_two", "asset_odd", tag, "Polygon", "[[0.1,0.2],[0.3,0.4]]");
  put_annotation("annot_class", "asset_odd", tag, "Classification", "[]");
  put_annotation("annot_class2", "asset_odd", "person", "Classification", "[]");
  put_annotation("annot_lost", "asset_gone", tag, "Rectangle", "[[0,0],[0,1],[1,1],[1,0]]");
  put_annotation("annot_unknown", "asset_odd", "no such tag", "Rectangle",
                 "[[0,0],[0,1],[1,1],[1,0]]");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  expect_consistent(*mirror, kKeypoints);
  const fs::path folder = folder_of(*mirror, kKeypoints) / "annotations";
  std::map<std::string, std::vector<double>> boxes;
  const rapidjson::Document coco = read_json(folder / "coco/annotations.json");
  for (const auto& annotation : coco["annotations"].GetArray()) {
    auto& box = boxes[annotation["annotation_id"].GetString()];
    for (const auto& number : annotation["bbox"].GetArray()) box.push_back(number.GetDouble());
  }
  ASSERT_EQ(boxes.size(), 3U);
  EXPECT_EQ(boxes.at("annot_zero"), (std::vector<double>{50, 25, 0, 0}));
  EXPECT_EQ(boxes.at("annot_beyond").at(0), -10);
  const rapidjson::Document manifest = manifest_of(*mirror, kKeypoints);
  std::map<std::string, std::string> reasons;
  for (const auto& group : entry_of(manifest, "coco")["skipped"].GetArray()) {
    for (const auto& id : group["ids"].GetArray()) {
      reasons[id.GetString()] = group["reason"].GetString();
    }
  }
  EXPECT_EQ(reasons.at("annot_two"), "polygon of fewer than 3 points");
  EXPECT_EQ(reasons.at("annot_lost"), "asset that the mirror does not have");
  EXPECT_EQ(reasons.at("annot_unknown"), "tag that the project does not list");
  EXPECT_EQ(reasons.at("annot_class"), "bound type Classification in this format");
  const std::string classes = file_bytes(folder / "csv_classification/annotations.csv");
  EXPECT_NE(classes.find("odd.jpg,\"caf\xc3\xa9, \"\"cr\xc3\xa8me\"\"\"\nodd.jpg,person\n"),
            std::string::npos)
      << classes;
}

// Whatever a bound is, its annotation is left out by what draws, and counted.
TEST_F(ExportsTrouble, BoundsThatAreNoPointsAreCounted) {
  const auto mirror = exporting(all_formats(), kKeypoints);
  put_asset("asset_odd", "odd.jpg");
  const std::vector<std::string> bounds = {"[[[0.1,0.2],[0.3,0.4],[0.5,0.1]]]",
                                           "[0.1,0.2,0.3,0.4]",
                                           R"({"x":1,"y":[[0.1,0.2]]})",
                                           "\"[[0,0],[1,1]]\"",
                                           "7",
                                           "null",
                                           "[[0.1,0.2],[0.3,\"x\"],[0.4,0.5]]",
                                           "[[0.1,0.2],null]",
                                           "[[0,0],[1],[1,1]]"};
  ASSERT_EQ(mirror->sync().status, 0);
  const auto counts = [&] {
    std::map<std::string, std::int64_t> skipped;
    for (const std::string& row :
         mirror->rows("SELECT format || ' ' || sum(skipped) FROM exports GROUP BY format")) {
      skipped[row.substr(0, row.find(' '))] = std::stoll(row.substr(row.find(' ')));
    }
    return skipped;
  };
  const auto before = counts();
  const std::string points = mirror->value(
      "SELECT max(json_array_length(bound)) FROM annotations WHERE bound_type = 'Keypoints'");
  std::size_t put = 0;
  for (const char* type : {"Rectangle", "Polygon", "Keypoints", "Bitmask3d"}) {
    for (const std::string& bound : bounds) {
      put_annotation("annot_odd" + std::to_string(put++), "asset_odd", "person", type, bound);
    }
  }
  put_annotation("annot_long", "asset_odd", "person", "Keypoints",
                 "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]");
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE asset_id = 'asset_odd'"),
            static_cast<std::int64_t>(put) + 1);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations WHERE asset_id = 'asset_odd' AND "
                           "(xmin IS NOT NULL OR ymax IS NOT NULL)"),
            0);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotation_boxes WHERE asset_id = 'asset_odd'"),
            0);
  expect_consistent(*mirror, kKeypoints);
  const auto after = counts();
  for (const auto& [format, skipped] : before) {
    const bool lossless = format == "ndjson";
    EXPECT_EQ(after.at(format) - skipped, lossless ? 0 : static_cast<std::int64_t>(put) + 1)
        << format;
  }
  const std::string yaml =
      file_bytes(folder_of(*mirror, kKeypoints) / "annotations/yolo/data.yaml");
  EXPECT_NE(yaml.find("kpt_shape: [" + points + ", 3]"), std::string::npos) << yaml;
}

TEST_F(ExportsTrouble, AProjectThatCannotBeWrittenDoesNotStopTheOthers) {
  const auto mirror = exporting("");
  fs::create_directories(mirror->folder() / "exports");
  const fs::path obstacle = folder_of(*mirror, kBloodCells);
  std::ofstream(obstacle) << "a file where a folder belongs";
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(ended.err.find(obstacle.string()), std::string::npos) << ended.err;
  EXPECT_EQ(mirror->value("SELECT result FROM syncs"), "partial");
  EXPECT_EQ(mirror->number("SELECT count(*) FROM annotations"), 11407);
  expect_consistent(*mirror, kKeypoints);
  fs::remove(obstacle);
  ASSERT_EQ(mirror->sync().status, 0);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsTrouble, AFolderThatIsALinkElsewhereIsNotWrittenThrough) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  fs::create_directories(mirror->folder() / "exports");
  fs::create_directories(mirror->folder() / "elsewhere");
  fs::create_directory_symlink(mirror->folder() / "elsewhere", folder_of(*mirror, kBloodCells));
  EXPECT_EQ(mirror->sync().status, 1);
  EXPECT_TRUE(fs::is_empty(mirror->folder() / "elsewhere"));
}

TEST_F(ExportsTrouble, ASyncThatFailsForAProjectLeavesItsExportsAlone) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(folder_of(*mirror, kBloodCells));
  const std::string line = corpus_line("annotations", kBloodCells);
  remove("annotations", id_of(line));
  fault(R"({"match": "/annotations?", "nth": 0, "fault": "status", "status": 403})");
  EXPECT_EQ(mirror->sync().status, 1);
  EXPECT_TRUE(files_below(folder_of(*mirror, kBloodCells)) == before);
  clear_faults();
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_FALSE(files_below(folder_of(*mirror, kBloodCells)) == before);
  expect_consistent(*mirror, kBloodCells);
}

// Killed where the files are on their way; the mirror knows, and the next sync puts it right.
TEST_F(ExportsTrouble, AKillBetweenTheFilesIsPutRight) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path folder = folder_of(*mirror, kBloodCells);
  for (const char* command : {"sync", "export"}) {
    const std::string line = corpus_line("annotations", kBloodCells);
    remove("annotations", id_of(line));
    const auto process = mirror->start({"sync"});
    while (process->running() && !fs::exists(folder / ".staging")) {
    }
    process->kill_now();
    ASSERT_EQ(mirror->run({command}).status, 0);
    ASSERT_EQ(mirror->sync().status, 0);
    expect_consistent(*mirror, kBloodCells);
    EXPECT_EQ(entry_of(manifest_of(*mirror, kBloodCells), "coco")["annotations"].GetInt64(), 4887);
    put("annotations", id_of(line), line);
    ASSERT_EQ(mirror->sync().status, 0);
  }
}

TEST_F(ExportsTrouble, FilesHalfInPlaceAreFinishedByTheNextSync) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const fs::path file = folder_of(*mirror, kBloodCells) / "annotations/coco/annotations.json";
  const std::string right = file_bytes(file);
  // As a kill leaves it after the first renames: a file of another state, the mark still set.
  std::ofstream(file) << "{}";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(mirror->database().c_str(), &database), SQLITE_OK);
  const std::string mark =
      "INSERT INTO export_marks VALUES('" + std::string(kBloodCells) + "', 'exports')";
  ASSERT_EQ(sqlite3_exec(database, mark.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(file_bytes(file), right);
  EXPECT_EQ(mirror->number("SELECT count(*) FROM export_marks"), 0);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsTrouble, AFileInTheWayIsNamed) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  std::ofstream(mirror->folder() / "exports") << "mine";
  const Ended ended = mirror->sync();
  EXPECT_EQ(ended.status, 1) << ended.err;
  const std::string path = (mirror->folder() / "exports").string();
  EXPECT_NE(ended.err.find("export " + path + ": Not a directory; something that is no export"),
            std::string::npos)
      << ended.err;
  EXPECT_EQ(file_bytes(path), "mine");
}

TEST_F(ExportsTrouble, TheExportCommandSaysWhatIsWrong) {
  const auto mirror = exporting(kEveryKindOfFile, kBloodCells);
  Ended ended = mirror->run({"export"});
  EXPECT_EQ(ended.status, 5) << ended.err;  // no mirror yet
  ASSERT_EQ(mirror->sync({"--no-export"}).status, 0);
  ended = mirror->run({"export", "--project", "no-such"});
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("no-such"), std::string::npos) << ended.err;
  ended = mirror->run({"export", "--format", "voc"});
  EXPECT_EQ(ended.status, 2) << ended.err;
  fs::remove(mirror->folder() / "key");
  emulator().stop();
  ended = mirror->run({"export"});  // neither a key nor a server is needed
  EXPECT_EQ(ended.status, 0) << ended.err;
  expect_consistent(*mirror, kBloodCells);
}

}  // namespace
}  // namespace nexus_mirror::testing
