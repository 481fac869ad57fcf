// The text formats, read back by Python (tests/read_back/text_read_back.py).
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>

#include "exports/format_list.h"
#include "support/drawn_project.h"
#include "support/hand_made_mirror.h"
#include "support/read_back.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;
using testing::DrawnProject;
using testing::hard_to_say;
using testing::Script;

class TextReadBackTest : public ::testing::Test {
 protected:
  void write(const std::string& format, const DrawnProject& drawn,
             const exports::FormatSettings& settings) {
    const exports::Format& writes = *exports::find_format(format);
    for (const auto& [path, file] : testing::written(writes, drawn, settings).files) {
      overwrite(format + "/" + path, file.bytes);
    }
  }

  void overwrite(const std::string& path, const std::string& bytes) {
    const fs::path whole = folder_.path() / "annotations" / path;
    fs::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << bytes;
  }

  Script read_back() { return testing::run_script("text_read_back.py", {folder_.path()}); }

  void expect_counts(const std::string& counts) {
    const Script ended = read_back();
    EXPECT_EQ(ended.status, 0) << ended.output;
    EXPECT_TRUE(ended.output.ends_with(counts)) << ended.output;
  }

  void expect_complaint(const std::string& complaint) {
    const Script ended = read_back();
    EXPECT_EQ(ended.status, 1) << ended.output;
    EXPECT_NE(ended.output.find(complaint), std::string::npos) << ended.output;
  }

  testing::TemporaryFolder folder_;
};

TEST_F(TextReadBackTest, FindsEveryFormatAsItWasWritten) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  exports::FormatSettings three = testing::split();
  three.split.test_ratio = 0.25;
  for (const auto& settings : {testing::whole(), testing::split(), three}) {
    if (settings.split.test_ratio > 0) drawn.images[3].split = exports::Split::test;
    fs::remove_all(folder_.path() / "annotations");
    for (const char* format :
         {"csv_fourcorner", "csv_widthheight", "csv_classification", "pascal_voc", "createml",
          "yolo_darknet", "yolo_keras_pytorch", "yolo"}) {
      write(format, drawn, settings);
    }
    expect_counts(
        "csv_fourcorner 3 8\ncsv_widthheight 3 8\ncsv_classification 1 2\npascal_voc 3 6\n"
        "createml 3 7\nyolo_darknet 4 7\nyolo_keras_pytorch 3 6\nyolo 4 7\n");
  }
}

TEST_F(TextReadBackTest, FindsSegmentsAndPoses) {
  write("yolo", hard_to_say("InstanceSegmentation"), testing::whole());
  expect_counts("yolo 4 6\n");
  write("yolo", hard_to_say("Keypoint"), testing::whole());
  expect_counts("yolo 4 2\n");
}

TEST_F(TextReadBackTest, ReadsNamesOfClassesThatYamlCannotHoldBare) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.project.categories[0].name = "\x7f\u0085\u2028\ufeff\t: #\\\x01\uffff{}";
  write("yolo", drawn, testing::split());
  expect_counts("yolo 4 7\n");
}

TEST_F(TextReadBackTest, NoticesDamage) {
  const DrawnProject drawn = hard_to_say("ObjectDetection");
  write("csv_fourcorner", drawn, testing::whole());
  overwrite("csv_fourcorner/annotations.csv", "filename,label\n");
  expect_complaint("the header is not");
  write("csv_fourcorner", drawn, testing::whole());
  write("yolo", drawn, testing::whole());
  overwrite("yolo/labels/train/c.txt", "3 0.5 0.5 1 1\n");
  expect_complaint("class 3 of 3");
  overwrite("yolo/labels/train/c.txt", "0 0.5 0.5 1 1.5\n");
  expect_complaint("is not within 0..1");
  write("yolo", drawn, testing::whole());
  write("pascal_voc", drawn, testing::whole());
  overwrite("pascal_voc/Annotations/a.xml", "<annotation><folder>x</folder></annotation>");
  expect_complaint("elements filename");
  overwrite("pascal_voc/Annotations/a.xml", "<annotation>");
  expect_complaint("a.xml");
  write("pascal_voc", drawn, testing::whole());
  overwrite("pascal_voc/ImageSets/Main/trainval.txt", "a\n");
  expect_complaint("trainval.txt is not");
  write("pascal_voc", drawn, testing::whole());
  overwrite("pascal_voc/labelmap.txt", "# label:color_rgb:parts:actions\ncat:::\n");
  expect_complaint("is not in labelmap.txt");
  write("pascal_voc", drawn, testing::whole());
  overwrite("yolo/train.txt", "./images/train/a.jpg\n");
  expect_complaint("the lists and labels differ");
  overwrite("yolo/train.txt", "images/val/a.jpg\n");
  expect_complaint("train.txt has images/val/a.jpg");
  write("yolo", drawn, testing::whole());
  overwrite("yolo/test.txt", "");
  expect_complaint("data.yaml names");
  fs::remove(folder_.path() / "annotations/yolo/test.txt");
  write("yolo_darknet", drawn, testing::whole());
  fs::remove(folder_.path() / "annotations/yolo_darknet/labels/a.txt");
  expect_complaint("the lists and labels differ");
}

}  // namespace
}  // namespace nexus_mirror
