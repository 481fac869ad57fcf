// The corpus in every format, read back by code that shares nothing with the writers.
#include <algorithm>

#include "exports/format_list.h"
#include "support/exports_test.h"
#include "support/read_back.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLitter = "proj_95794a194f26d7dcc56397d13af68aed";
constexpr const char* kScenes = "proj_d56eff7cd35a0456224706703629a9cb";

using List = std::vector<std::string>;

// The formats that suit a project of `type`, in the order of their names.
List formats_for(const std::string& type) {
  static const std::map<std::string, List> kFormats = {
      {"ObjectDetection",
       {"coco", "createml", "csv_fourcorner", "csv_widthheight", "ndjson", "pascal_voc", "tfrecord",
        "yolo", "yolo_darknet", "yolo_keras_pytorch"}},
      {"InstanceSegmentation",
       {"coco", "coco_rle", "createml", "csv_fourcorner", "csv_widthheight", "ndjson", "pascal_voc",
        "polygon_coco", "tfrecord", "yolo", "yolo_darknet", "yolo_keras_pytorch"}},
      {"Keypoint", {"keypoints_coco", "ndjson", "yolo"}},
      {"Classification",
       {"classification_tfrecord", "csv_classification", "image_folder", "ndjson"}}};
  return kFormats.at(type);
}

List names_in(const fs::path& folder) {
  List names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class ExportsCorpus : public ExportsTest {};

TEST_F(ExportsCorpus, ComesOutAgainInEveryFormatThatSuits) {
  const auto mirror = exporting(all_formats());
  const Ended ended = mirror->sync();
  ASSERT_EQ(ended.status, 0) << ended.err;
  const auto sum = [&](const std::string& project, const std::string& format) {
    return mirror->value("SELECT sum(annotations), sum(skipped) FROM exports WHERE project_id = '" +
                         project + "' AND format = '" + format + "'");
  };
  const std::map<std::string, std::string> expected = {
      {kBloodCells, "4888|0"}, {kLitter, "5038|0"}, {kKeypoints, "125|0"}, {kScenes, "992|0"}};
  for (const std::string& project : mirror->rows("SELECT id FROM projects")) {
    const List formats =
        formats_for(mirror->value("SELECT type FROM projects WHERE id = '" + project + "'"));
    const fs::path annotations = folder_of(*mirror, project) / "annotations";
    EXPECT_EQ(names_in(annotations), formats) << project;
    if (const auto known = expected.find(project); known != expected.end()) {
      for (const std::string& format : formats) {
        if (format == "image_folder") continue;  // has no image of several classes
        EXPECT_EQ(sum(project, format), known->second) << project << ": " << format;
      }
    }
    expect_consistent(*mirror, project);
    const Script text = run_script("text_read_back.py", {folder_of(*mirror, project)});
    EXPECT_EQ(text.status, 0) << text.output;
    for (const std::string& format : formats) {
      if (!format.ends_with("tfrecord")) continue;
      const Script record =
          run_script("tfrecord_read_back.py", {annotations / format / "annotations.tfrecord"});
      EXPECT_EQ(record.status, 0) << record.output;
    }
  }
}

// pycocotools is not in Debian: what it says is asked for where it can be imported.
TEST_F(ExportsCorpus, IsReadByACocoLoader) {
  const auto mirror = exporting(
      "[[export]]\nformats = [\"coco\", \"polygon_coco\", \"keypoints_coco\", \"coco_rle\"]\n");
  ASSERT_EQ(mirror->sync().status, 0);
  bool skipped = false;
  for (const auto& [format, project] : {std::pair<std::string, std::string>{"coco", kBloodCells},
                                        {"coco", kLitter},
                                        {"polygon_coco", kLitter},
                                        {"coco_rle", kLitter},
                                        {"keypoints_coco", kKeypoints}}) {
    const fs::path file = folder_of(*mirror, project) / "annotations" / format / "annotations.json";
    const Script script = run_script("coco_read_back.py", {format, file});
    EXPECT_TRUE(script.status == 0 || script.status == kReadInPart) << script.output;
    skipped = skipped || script.status == kReadInPart;
  }
  if (skipped) GTEST_SKIP() << "pycocotools is not importable: only the plain checks were made";
}

TEST_F(ExportsCorpus, TwoMirrorsGiveTheSameBytes) {
  const auto one = exporting(all_formats()), other = exporting(all_formats());
  ASSERT_EQ(one->sync().status, 0);
  ASSERT_EQ(other->sync().status, 0);
  for (const std::string& project : one->rows("SELECT id FROM projects")) {
    const auto left = files_below(folder_of(*one, project) / "annotations");
    const auto right = files_below(folder_of(*other, project) / "annotations");
    EXPECT_FALSE(left.empty()) << project;
    ASSERT_EQ(left.size(), right.size());
    for (const auto& [path, state] : left) {
      EXPECT_TRUE(right.at(path).bytes == state.bytes) << project << ": " << path;
    }
  }
}

TEST_F(ExportsCorpus, AMovedBoxChangesOnlyTheFilesThatHoldIt) {
  const auto mirror = exporting(all_formats(), kBloodCells);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto before = files_below(folder_of(*mirror, kBloodCells));
  const std::string line = corpus_line("annotations", kBloodCells);
  const std::string id = id_of(line);
  std::string moved = line;
  const std::size_t bound = moved.find("\"bound\":");
  moved.replace(bound, moved.find("]]", bound) + 2 - bound,
                "\"bound\":[[0.25,0.25],[0.25,0.5],[0.5,0.5],[0.5,0.25]]");
  put("annotations", id, moved);
  ASSERT_EQ(mirror->sync().status, 0);
  const auto after = files_below(folder_of(*mirror, kBloodCells));
  ASSERT_EQ(before.size(), after.size());
  const std::string stem =
      fs::path(mirror->value("SELECT a.filename FROM assets a JOIN "
                             "annotations n ON n.asset_id = a.id WHERE n.id = '" +
                             id + "'"))
          .stem();
  // In each format that has boxes one file: the set's or the image's.
  std::map<std::string, std::vector<std::string>> changed;  // names by format
  for (const auto& [path, state] : before) {
    if (after.at(path) == state) continue;
    const fs::path file = path;
    const bool manifest = path == "manifest.json";
    const std::string format = manifest ? "" : std::next(file.begin())->string();
    changed[format].push_back(file.stem() == stem ? "the image's" : file.stem().string());
  }
  exports::Project project;
  project.type = objects::kObjectDetection;
  std::map<std::string, std::vector<std::string>> expected = {{"", {"manifest"}},
                                                              {"ndjson", {"annotations"}}};
  for (const auto& [name, format] : exports::image_formats()) {
    const bool has_boxes =
        format.traits(project).accepts[static_cast<std::size_t>(exports::BoundType::rectangle)];
    if (!has_boxes) continue;
    const std::string files = "annotations/" + std::string(name) + "/annotations.";
    const auto of_set = before.lower_bound(files);
    const bool by_set = of_set != before.end() && of_set->first.starts_with(files);
    expected[std::string(name)] = {by_set ? "annotations" : "the image's"};
  }
  EXPECT_EQ(changed, expected);
  expect_consistent(*mirror, kBloodCells);
}

TEST_F(ExportsCorpus, EachTypeHasFormatsThatSuitIt) {
  const auto mirror = exporting("");
  ASSERT_EQ(mirror->sync().status, 0);
  const auto formats = [&](const std::string& project) {
    return mirror->rows("SELECT DISTINCT format FROM exports WHERE project_id = '" + project +
                        "' ORDER BY 1");
  };
  EXPECT_EQ(formats(kBloodCells), (List{"coco", "yolo"}));
  EXPECT_EQ(formats(kLitter), (List{"polygon_coco", "yolo"}));
  EXPECT_EQ(formats(kKeypoints), (List{"keypoints_coco", "yolo"}));
  EXPECT_EQ(formats(kScenes), (List{"csv_classification", "ndjson"}));
  const rapidjson::Document index = read_json(mirror->folder() / "exports/index.json");
  ASSERT_EQ(index["projects"].Size(), 5U);
  EXPECT_STREQ(index["projects"][0]["name"].GetString(), "blood-cells");
  EXPECT_EQ(index["projects"][0]["annotations"].GetInt64(), 4888);
  EXPECT_EQ(index["projects"][0]["files"].GetInt64(), 367);  // a label file per image, and three
}

}  // namespace
}  // namespace nexus_mirror::testing
