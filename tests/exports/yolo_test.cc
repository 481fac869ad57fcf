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

TEST(YoloTest, DetectsBoxesClippedToTheImage) {
  const MemoryFiles out = written(formats::yolo, hard_to_say("ObjectDetection"), testing::whole());
  ASSERT_EQ(out.files.size(), 5U);
  EXPECT_EQ(out.files.at("labels/train/a.txt").bytes,
            "0 0.375 0.5 0.5 0.5\n"
            "1 0.25 0.75 0.5 0.5\n"
            "2 0.25 0.5 0 0\n");
  EXPECT_EQ(out.files.at("labels/train/a.txt").annotations, 3);
  EXPECT_EQ(out.files.at("labels/train/a.txt").skipped, 10);
  EXPECT_EQ(out.files.at("labels/train/b_ ü.txt").bytes, "");
  EXPECT_EQ(out.files.at("labels/train/c.txt").bytes, "1 0.25 0.25 0.5 0.5\n");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").bytes, "1 0.75 0.75 0.5 0.5\n");
  EXPECT_EQ(out.files.at("data.yaml").bytes,
            "train: images/train\n"
            "val: images/train\n"
            "nc: 3\n"
            "names:\n"
            "  0: \"cat\"\n"
            "  1: \"big, \\\"red\\\" dog\"\n"
            "  2: \"Jäger\\n日本\"\n");
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"outside"});
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
}

TEST(YoloTest, PartsTheSets) {
  const MemoryFiles out = written(formats::yolo, hard_to_say("ObjectDetection"), testing::split());
  ASSERT_EQ(out.files.size(), 5U);
  EXPECT_TRUE(out.files.contains("labels/train/a.txt"));
  EXPECT_TRUE(out.files.contains("labels/val/b_ ü.txt"));
  EXPECT_TRUE(out.files.contains("labels/train/c.txt"));
  EXPECT_TRUE(out.files.contains("labels/val/d e.txt"));
  EXPECT_TRUE(
      out.files.at("data.yaml").bytes.starts_with("train: images/train\nval: images/val\nnc: 3\n"));
}

TEST(YoloTest, SegmentsPolygons) {
  DrawnProject drawn = hard_to_say("InstanceSegmentation");
  drawn.images[2].annotations = {
      {"off", BoundType::polygon, 0, {{1.5, 0}, {2, 0}, {2, 1}}},
      {"square", BoundType::polygon, 2, {{-0.5, 0}, {0.5, 0}, {0.5, 0.5}, {-0.5, 0.5}}}};
  const MemoryFiles out = written(formats::yolo, drawn, testing::whole());
  EXPECT_EQ(out.files.at("labels/train/a.txt").bytes, "0 0.25 0.25 0.5 0.25 0.5 1\n");
  EXPECT_EQ(out.files.at("labels/train/c.txt").bytes, "2 0 0 0.5 0 0.5 0.5 0 0.5\n");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").bytes, "");
  EXPECT_EQ(out.files.at("labels/train/d e.txt").skipped, 1);
  EXPECT_EQ(out.skipped.at("polygon of fewer than 3 points"), Ids{"line"});
  EXPECT_EQ(out.skipped.at(kOutside), Ids{"off"});
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
          .bytes.starts_with("train: images/train\nval: images/train\nkpt_shape: [3, 3]\nnc: 3\n"));
}

TEST(YoloTest, EscapesWhatYamlCannotHold) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images.clear();
  drawn.project.categories = {{0, 0, "\x7f\u0085\u2028\ufeff\t: #\\\xff", {}, {}}};
  EXPECT_EQ(written(formats::yolo, drawn, testing::whole()).files.at("data.yaml").bytes,
            "train: images/train\nval: images/train\nnc: 1\nnames:\n"
            "  0: \"\\u007f\\u0085\\u2028\\ufeff\\u0009: #\\\\\ufffd\"\n");
  drawn.project.categories.clear();
  EXPECT_EQ(written(formats::yolo, drawn, testing::whole()).files.at("data.yaml").bytes,
            "train: images/train\nval: images/train\nnc: 0\nnames: {}\n");
}

TEST(YoloDarknetTest, WritesLabelsListsAndData) {
  const MemoryFiles out =
      written(formats::yolo_darknet, hard_to_say("ObjectDetection"), testing::split());
  ASSERT_EQ(out.files.size(), 8U);
  EXPECT_EQ(out.files.at("labels/a.txt").bytes,
            "0 0.375 0.5 0.5 0.5\n"
            "1 0.25 0.75 0.5 0.5\n"
            "2 0.25 0.5 0 0\n");
  EXPECT_EQ(out.files.at("labels/a.txt").annotations, 3);
  EXPECT_EQ(out.files.at("labels/a.txt").skipped, 10);
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
            "a.jpg 100,100,500,300,0 0,200,400,400,1 200,200,200,200,2\n"
            "b__ü_asset_b__ü.png\n"
            "d_e_asset_d_e.jpg 400,200,800,400,1\n");
  EXPECT_EQ(out.files.at("annotations.txt").annotations, 4);
  EXPECT_EQ(out.files.at("annotations.txt").skipped, 10);
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
