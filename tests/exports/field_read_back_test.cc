// Both corpora in every format, read back as readers of their own field do
// (tests/read_back/field_read_back.py), against the corpus itself.
#include <fstream>

#include "support/exports_test.h"
#include "support/places.h"
#include "support/read_back.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTwins = "proj_97590a84e25762db1d92ddc33fe73adb";  // of tests/corpus-odd

class FieldReadBack : public ExportsTest {
 protected:
  void export_all(const std::string& corpus) {
    corpus_ = in_source("tests/" + corpus);
    serve({}, corpus_);
    mirror_ = exporting(all_formats() + "normalized = false\n");
    const Ended ended = mirror_->sync();
    ASSERT_EQ(ended.status, 0) << ended.err;
  }

  Script read(const std::vector<std::string>& projects, const std::string& format = {}) {
    std::vector<std::string> arguments = {corpus_};
    for (const std::string& project : projects) arguments.push_back(folder_of(*mirror_, project));
    if (!format.empty()) arguments.push_back(format);
    return run_script("field_read_back.py", arguments);
  }

  // All projects in every format that has a reader; skipped, by name of what is not installed, when
  // something was not read.
  void expect_read() {
    const std::vector<std::string> projects = mirror_->rows("SELECT id FROM projects");
    const Script script = read(projects);
    const bool in_part = script.status == kReadInPart;
    EXPECT_TRUE(script.status == 0 || in_part) << script.output;
    for (const std::string& project : projects) {
      EXPECT_NE(script.output.find(project + "\n"), std::string::npos) << script.output;
    }
    for (const char* format :
         {"coco", "polygon_coco", "keypoints_coco", "coco_rle", "csv_fourcorner", "csv_widthheight",
          "csv_classification", "pascal_voc", "yolo_darknet", "yolo_keras_pytorch", "yolo",
          "createml", "tfrecord", "classification_tfrecord"}) {
      const bool read = script.output.find("\n" + std::string(format) + " ") != std::string::npos;
      EXPECT_TRUE(read || in_part) << "nobody reads " << format;
    }
    if (in_part) GTEST_SKIP() << script.output;
  }

  std::string corpus_;
  std::unique_ptr<Mirror> mirror_;
};

TEST_F(FieldReadBack, FindsTheCorpus) {
  export_all("corpus");
  expect_read();
}

TEST_F(FieldReadBack, FindsTheOddCorpus) {
  export_all("corpus-odd");
  expect_read();
}

// Each change is one that a reader of the format would train on.
TEST_F(FieldReadBack, NoticesWhatDiffersFromTheCorpus) {
  export_all("corpus-odd");
  const fs::path folder = folder_of(*mirror_, kTwins) / "annotations";
  struct Change {
    std::string format, file, from, to;
  };
  for (const Change& change : {
           Change{"csv_fourcorner", "annotations.csv", ",320,", ",320.00001,"},
           {"csv_widthheight", "annotations.csv", "other\n", "thing\n"},
           {"coco", "annotations.json", "[320,", "[320.00001,"},
           {"coco", "annotations.json", "\"area\":3072", "\"area\":3073"},
           {"coco", "annotations.json", "\"category_id\":2", "\"category_id\":1"},
           {"createml", "annotations.json", "\"label\":\"other\"", "\"label\":\"thing\""},
           {"createml", "annotations.json", "\"x\":352", "\"x\":351.9999"},
           {"pascal_voc", "Annotations/twin_0_asset_808eddfc.xml", "320<", "321<"},
           {"pascal_voc", "ImageSets/Main/trainval.txt", "twin_0_asset_808eddfc\n", ""},
           {"pascal_voc", "labelmap.txt", "thing:", "other:"},
           {"yolo", "labels/train/twin 0.txt", "1 0.55 0.55", "1 0.55001 0.55"},
           {"yolo", "labels/train/twin 0.txt", "1 0.55 0.55", "0 0.55 0.55"},
           {"yolo", "train.txt", "./images/train/twin 0.jpg\n", ""},
           {"yolo", "data.yaml", "train: train.txt", "train: images/train"},
           {"yolo_darknet", "labels/twin 0.txt", "1 0.55 0.55", "1 0.55001 0.55"},
           {"yolo_darknet", "train.txt", "./JPEGImages/twin 0", "./JPEGImages/images-0"},
           {"yolo_keras_pytorch", "annotations.txt", " 320,", " 321,"},
           {"tfrecord", "label_map.pbtxt", "name: \"other\"", "name: \"thing\""},
       }) {
    const fs::path file = folder / change.format / change.file;
    const std::string bytes = file_bytes(file);
    std::ofstream(file, std::ios::binary) << replaced(bytes, change.from, change.to);
    const Script script = read({kTwins}, change.format);
    EXPECT_EQ(script.status, 1) << change.format << ": " << change.to << "\n" << script.output;
    std::ofstream(file, std::ios::binary) << bytes;
  }
}

}  // namespace
}  // namespace nexus_mirror::testing
