// The YOLO formats, byte for byte.
#include <gtest/gtest.h>

#include "exports/formats/formats.h"
#include "support/drawn_project.h"

namespace nexus_mirror {
namespace {

namespace formats = exports::formats;
using exports::BoundType;
using testing::DrawnProject;
using testing::hard_to_say;
using testing::MemoryFiles;
using testing::written;
using Ids = std::vector<std::string>;

constexpr auto kOutside = "annotation wholly outside the image";
// Of a.jpg in hard_to_say(), as boxes.
constexpr auto kLabelsOfA =
    "0 0.375 0.5 0.5 0.5\n"
    "1 0.25 0.75 0.5 0.5\n"
    "2 0.25 0.5 0 0\n"
    "0 0.375 0.625 0.25 0.75\n"
    "1 0.375 0.5 0.25 0.5\n";

TEST(YoloTest, DetectsBoxesClippedToTheImage) {
  const MemoryFiles out = written(formats::yolo, hard_to_say("ObjectDetection"), testing::whole());
  ASSERT_EQ(out.files.size(), 6U);
  EXPECT_EQ(out.files.at("labels/train/a.txt").bytes, kLabelsOfA);
  EXPECT_EQ(out.files.at("labels/train/a.txt").annotations, 5);
  EXPECT_EQ(out.files.at("labels/train/a.txt").skipped, 8);
  EXPECT_EQ(out.approximated.at("polygon by its extent"), (Ids{"triangle", "line"}));
  EXPECT_EQ(out.files.at("labels/train/b_ ü.txt").bytes, "");
  EXPECT_EQ(out.files.at("labels/train/c.txt").bytes, "1 0.25 0.25 0.5 0.5\n");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").bytes, "1 0.75 0.75 0.5 0.5\n");
  EXPECT_EQ(out.files.at("data.yaml").bytes,
            "train: train.txt\n"
            "val: train.txt\n"
            "nc: 3\n"
            "names:\n"
            "  0: \"cat\"\n"
            "  1: \"big, \\\"red\\\" dog\"\n"
            "  2: \"Jäger\\n日本\"\n");
  EXPECT_EQ(out.files.at("train.txt").bytes,
            "./images/train/a.jpg\n./images/train/b_ ü.png\n./images/train/c.jpg\n"
            "./images/train/d e.jpg\n");
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"outside"});
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
}

TEST(YoloTest, PartsTheSets) {
  const MemoryFiles out = written(formats::yolo, hard_to_say("ObjectDetection"), testing::split());
  ASSERT_EQ(out.files.size(), 7U);
  EXPECT_TRUE(out.files.contains("labels/train/a.txt"));
  EXPECT_TRUE(out.files.contains("labels/val/b_ ü.txt"));
  EXPECT_TRUE(out.files.contains("labels/train/c.txt"));
  EXPECT_TRUE(out.files.contains("labels/val/d e.txt"));
  EXPECT_EQ(out.files.at("train.txt").bytes, "./images/train/a.jpg\n./images/train/c.jpg\n");
  EXPECT_EQ(out.files.at("val.txt").bytes, "./images/val/b_ ü.png\n./images/val/d e.jpg\n");
  EXPECT_TRUE(
      out.files.at("data.yaml").bytes.starts_with("train: train.txt\nval: val.txt\nnc: 3\n"));
}

TEST(YoloTest, ListsTheSetToTest) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images[3].split = exports::Split::test;
  exports::FormatSettings settings = testing::split();
  settings.split.test_ratio = 0.25;
  const MemoryFiles three = written(formats::yolo, drawn, settings);
  ASSERT_EQ(three.files.size(), 8U);
  EXPECT_EQ(three.files.at("labels/test/d e.txt").bytes, "1 0.75 0.75 0.5 0.5\n");
  EXPECT_EQ(three.files.at("train.txt").bytes, "./images/train/a.jpg\n./images/train/c.jpg\n");
  EXPECT_EQ(three.files.at("val.txt").bytes, "./images/val/b_ ü.png\n");
  EXPECT_EQ(three.files.at("test.txt").bytes, "./images/test/d e.jpg\n");
  EXPECT_TRUE(three.files.at("data.yaml")
                  .bytes.starts_with("train: train.txt\nval: val.txt\ntest: test.txt\nnc: 3\n"));
  // Without a set to validate the one to train stands for it, never the one to test.
  settings.split.split_ratio = 0;
  drawn.images.resize(1);
  const MemoryFiles two = written(formats::yolo, drawn, settings);
  EXPECT_FALSE(two.files.contains("val.txt"));
  EXPECT_EQ(two.files.at("test.txt").bytes, "");
  EXPECT_TRUE(two.files.at("data.yaml")
                  .bytes.starts_with("train: train.txt\nval: train.txt\ntest: test.txt\nnc: 3\n"));
}

TEST(YoloTest, SaysWhichKeypointEachBecomesInAMirror) {
  DrawnProject drawn = hard_to_say("Keypoint");
  const auto flips = [&](const std::vector<std::string>& names) {
    for (auto& category : drawn.project.categories) category.keypoint_names = names;
    const MemoryFiles out = written(formats::yolo, drawn, testing::whole());
    const std::string& yaml = out.files.at("data.yaml").bytes;
    const std::string head = "train: train.txt\nval: train.txt\nkpt_shape: [3, 3]\n";
    EXPECT_TRUE(yaml.starts_with(head)) << yaml;
    return yaml.substr(head.size(), yaml.find("nc: ") - head.size());
  };
  EXPECT_EQ(flips({"nose", "left_eye", "right_eye"}), "flip_idx: [0, 2, 1]\n");
  EXPECT_EQ(flips({"Right Eye", "nose", "left eye"}), "flip_idx: [2, 1, 0]\n");
  EXPECT_EQ(flips({"leftEye", "rightEye", "nose"}), "flip_idx: [1, 0, 2]\n");
  EXPECT_EQ(flips({"eye-l", "eye-r", "nose"}), "flip_idx: [1, 0, 2]\n");
  EXPECT_EQ(flips({"nose", "eye", "ear"}), "") << "none has a side";
  EXPECT_EQ(flips({"cleft", "bright", "nose"}), "") << "letters of another word";
  EXPECT_EQ(flips({"nose", "left_eye", "right_ear"}), "") << "without its other side";
  EXPECT_EQ(flips({"left_eye", "right_eye", "right_eye"}), "") << "which one?";
  EXPECT_EQ(flips({"left_eye", "right_eye"}), "") << "a keypoint without a name";
  EXPECT_EQ(flips({}), "");
  drawn.project.categories[1].keypoint_names = {"nose", "left_eye", "right_eye"};
  drawn.project.categories[0].keypoint_names = {"left_eye", "nose", "right_eye"};
  EXPECT_EQ(
      written(formats::yolo, drawn, testing::whole()).files.at("data.yaml").bytes.find("flip_idx"),
      std::string::npos)
      << "classes that differ";
}

TEST(YoloTest, SegmentsPolygons) {
  DrawnProject drawn = hard_to_say("InstanceSegmentation");
  drawn.images[2].annotations = {
      {"off", BoundType::polygon, 0, {{1.5, 0}, {2, 0}, {2, 1}}},
      {"square", BoundType::polygon, 2, {{-0.5, 0}, {0.5, 0}, {0.5, 0.5}, {-0.5, 0.5}}}};
  const MemoryFiles out = written(formats::yolo, drawn, testing::whole());
  EXPECT_EQ(out.files.at("labels/train/a.txt").bytes,
            "0 0.125 0.25 0.625 0.25 0.625 0.75 0.125 0.75\n"
            "1 0 0.5 0.5 0.5 0.5 1 0 1\n"
            "2 0.25 0.5 0.25 0.5 0.25 0.5 0.25 0.5\n"
            "0 0.25 0.25 0.5 0.25 0.5 1\n");
  EXPECT_EQ(out.files.at("labels/train/c.txt").bytes, "2 0 0 0.5 0 0.5 0.5 0 0.5\n");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").bytes, "1 0.5 0.5 1 0.5 1 1 0.5 1\n");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").skipped, 0);
  EXPECT_EQ(out.skipped.at("polygon of fewer than 3 points"), Ids{"line"});
  EXPECT_EQ(out.skipped.at(kOutside), (Ids{"outside", "off"}));
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
  EXPECT_EQ(out.approximated.at("rectangle by its four corners"),
            (Ids{"in", "beyond", "flat", "late"}));
}

TEST(YoloTest, PosesKeypoints) {
  DrawnProject drawn = hard_to_say("Keypoint");
  drawn.images[2].annotations = {
      {"off", BoundType::keypoints, 0, {{1.5, 0.5, 2}, {2, 0.5, 1}, {0.5, 0.5, 0}}}};
  const MemoryFiles out = written(formats::yolo, drawn, testing::whole());
  EXPECT_EQ(out.files.at("labels/train/a.txt").bytes,
            "0 0.625 0.375 0.75 0.25 0.25 0.25 2 0 0 0 1 0.5 1\n"
            "2 0.5 0.5 0 0 0.5 0.5 2 0 0 0 0 0 0\n");
  EXPECT_EQ(out.files.at("labels/train/a.txt").annotations, 2);
  EXPECT_EQ(out.files.at("labels/train/a.txt").skipped, 11);
  EXPECT_EQ(out.skipped.at("keypoints of which none is labelled"), Ids{"unseen"});
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"off"});
  EXPECT_TRUE(
      out.files.at("data.yaml")
          .bytes.starts_with("train: train.txt\nval: train.txt\nkpt_shape: [3, 3]\nnc: 3\n"));
}

TEST(YoloTest, EscapesWhatYamlCannotHold) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images.clear();
  drawn.project.categories = {{0, 0, "\x7f\u0085\u2028\ufeff\t: #\\\xff", {}, {}}};
  EXPECT_EQ(written(formats::yolo, drawn, testing::whole()).files.at("data.yaml").bytes,
            "train: train.txt\nval: train.txt\nnc: 1\nnames:\n"
            "  0: \"\\u007f\\u0085\\u2028\\ufeff\\u0009: #\\\\\ufffd\"\n");
  drawn.project.categories.clear();
  EXPECT_EQ(written(formats::yolo, drawn, testing::whole()).files.at("data.yaml").bytes,
            "train: train.txt\nval: train.txt\nnc: 0\nnames: {}\n");
}

TEST(YoloDarknetTest, WritesLabelsListsAndData) {
  const MemoryFiles out =
      written(formats::yolo_darknet, hard_to_say("ObjectDetection"), testing::split());
  ASSERT_EQ(out.files.size(), 8U);
  EXPECT_EQ(out.files.at("labels/a.txt").bytes, kLabelsOfA);
  EXPECT_EQ(out.files.at("labels/a.txt").annotations, 5);
  EXPECT_EQ(out.files.at("labels/a.txt").skipped, 8);
  EXPECT_EQ(out.files.at("labels/b_ ü.txt").bytes, "");
  EXPECT_EQ(out.files.at("labels/c.txt").bytes, "1 0.25 0.25 0.5 0.5\n");
  EXPECT_EQ(out.files.at("labels/d e.txt").bytes, "1 0.75 0.75 0.5 0.5\n");
  EXPECT_EQ(out.files.at("train.txt").bytes, "./JPEGImages/a.jpg\n./JPEGImages/c.jpg\n");
  EXPECT_EQ(out.files.at("valid.txt").bytes, "./JPEGImages/b_ ü.png\n./JPEGImages/d e.jpg\n");
  EXPECT_EQ(out.files.at("obj.names").bytes, "cat\nbig, \"red\" dog\nJäger 日本\n");
  EXPECT_EQ(out.files.at("obj.data").bytes,
            "classes = 3\ntrain = train.txt\nvalid = valid.txt\nnames = obj.names\n"
            "backup = backup/\n");
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"outside"});
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
}

TEST(YoloDarknetTest, ValidatesOnAllImagesWithoutASplit) {
  const MemoryFiles out =
      written(formats::yolo_darknet, hard_to_say("ObjectDetection"), testing::whole());
  EXPECT_EQ(
      out.files.at("train.txt").bytes,
      "./JPEGImages/a.jpg\n./JPEGImages/b_ ü.png\n./JPEGImages/c.jpg\n./JPEGImages/d e.jpg\n");
  EXPECT_EQ(out.files.at("valid.txt").bytes, out.files.at("train.txt").bytes);
}

TEST(YoloDarknetTest, ListsTheSetToTest) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images[3].split = exports::Split::test;
  exports::FormatSettings settings = testing::split();
  settings.split.test_ratio = 0.25;
  const MemoryFiles out = written(formats::yolo_darknet, drawn, settings);
  EXPECT_EQ(out.files.at("valid.txt").bytes, "./JPEGImages/b_ ü.png\n");
  EXPECT_EQ(out.files.at("test.txt").bytes, "./JPEGImages/d e.jpg\n");
}

TEST(YoloDarknetTest, LeadsFromTheImageToItsLabelsWhateverItsName) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images = {{"x.tar.JPG", "x.tar", 1, 1, {}, {}},
                  {"noend", "noend_1", 1, 1, {}, {}},
                  {"dot.ted/name", "dot.ted_name_1", 1, 1, {}, {}},
                  {"cut.tar__1", "cut.tar__1", 1, 1, {}, {}},
                  {".hidden", "_hidden_1", 1, 1, {}, {}}};
  const MemoryFiles out = written(formats::yolo_darknet, drawn, testing::whole());
  EXPECT_EQ(out.files.at("train.txt").bytes,
            "./JPEGImages/x.tar.JPG\n./JPEGImages/noend_1\n./JPEGImages/dot.ted_name_1\n"
            "./JPEGImages/cut.tar__1\n./JPEGImages/_hidden_1\n");
  EXPECT_TRUE(out.files.contains("labels/x.tar.txt"));
}

TEST(YoloKerasPytorchTest, WritesALinePerImage) {
  const DrawnProject drawn = hard_to_say("ObjectDetection");
  const MemoryFiles out = written(formats::yolo_keras_pytorch, drawn, testing::whole());
  ASSERT_EQ(out.files.size(), 2U);
  EXPECT_EQ(out.files.at("annotations.txt").bytes,
            "a.jpg 100,100,500,300,0 0,200,400,400,1 200,200,201,201,2 200,100,400,400,0 "
            "200,100,400,300,1\n"
            "b__ü_asset_b__ü.png\n"
            "d_e_asset_d_e.jpg 400,200,800,400,1\n");
  EXPECT_EQ(out.files.at("annotations.txt").annotations, 6);
  EXPECT_EQ(out.files.at("annotations.txt").skipped, 8);
  EXPECT_EQ(out.files.at("classes.txt").bytes, "cat\nbig, \"red\" dog\nJäger 日本\n");
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"outside"});
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
}

TEST(YoloKerasPytorchTest, PartsTheSets) {
  const DrawnProject drawn = hard_to_say("ObjectDetection");
  const MemoryFiles out = written(formats::yolo_keras_pytorch, drawn, testing::split());
  ASSERT_EQ(out.files.size(), 3U);
  EXPECT_TRUE(out.files.at("train.txt").bytes.starts_with("a.jpg 100,"));
  EXPECT_EQ(out.files.at("validate.txt").bytes,
            "b__ü_asset_b__ü.png\nd_e_asset_d_e.jpg 400,200,800,400,1\n");
}

TEST(YoloKerasPytorchTest, GivesEveryClassOneLine) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images.clear();
  drawn.project.categories = {{0, 0, "a\r\nb\u0085c\u2028d\x0b", {}, {}}, {1, 1, "", {}, {}}};
  EXPECT_EQ(
      written(formats::yolo_keras_pytorch, drawn, testing::whole()).files.at("classes.txt").bytes,
      "a  b c d \n\n");
}

}  // namespace
}  // namespace nexus_mirror
