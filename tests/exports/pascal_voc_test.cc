// Format pascal_voc, byte for byte.
#include <gtest/gtest.h>

#include "exports/formats/formats.h"
#include "support/drawn_project.h"

namespace nexus_mirror {
namespace {

using exports::formats::pascal_voc;
using testing::DrawnProject;
using testing::hard_to_say;
using testing::MemoryFiles;
using testing::rectangle;
using testing::written;
using Ids = std::vector<std::string>;

std::string head(const std::string& filename, int width, int height) {
  return "<annotation>\n  <folder>JPEGImages</folder>\n  <filename>" + filename +
         "</filename>\n  <source>\n    <database>Datature Nexus</database>\n  </source>\n"
         "  <size>\n    <width>" +
         std::to_string(width) + "</width>\n    <height>" + std::to_string(height) +
         "</height>\n    <depth>3</depth>\n  </size>\n  <segmented>0</segmented>\n";
}

struct Corners {
  int xmin, ymin, xmax, ymax;
};

std::string object(const std::string& name, bool truncated, Corners box) {
  const auto element = [](const std::string& tag, int value) {
    return "      <" + tag + ">" + std::to_string(value) + "</" + tag + ">\n";
  };
  return "  <object>\n    <name>" + name +
         "</name>\n    <pose>Unspecified</pose>\n    <truncated>" + (truncated ? "1" : "0") +
         "</truncated>\n    <difficult>0</difficult>\n    <bndbox>\n" + element("xmin", box.xmin) +
         element("ymin", box.ymin) + element("xmax", box.xmax) + element("ymax", box.ymax) +
         "    </bndbox>\n  </object>\n";
}

// A project of one image of 10 x 10 pixels.
DrawnProject one_image(std::vector<testing::DrawnAnnotation> annotations) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images = {{"a.jpg", "a", 10, 10, exports::Split::train, std::move(annotations)}};
  return drawn;
}

TEST(PascalVocTest, WritesADocumentPerImage) {
  const MemoryFiles out = written(pascal_voc, hard_to_say("ObjectDetection"), testing::whole());
  ASSERT_EQ(out.files.size(), 7U);
  EXPECT_EQ(out.files.at("Annotations/a.xml").bytes,
            head("a.jpg", 800, 400) + object("cat", false, {100, 100, 500, 300}) +
                object("big, &quot;red&quot; dog", true, {0, 200, 400, 400}) +
                object("Jäger\n日本", false, {200, 200, 201, 201}) +
                object("cat", true, {200, 100, 400, 400}) +
                object("big, &quot;red&quot; dog", false, {200, 100, 400, 300}) +
                "</annotation>\n");
  EXPECT_EQ(out.files.at("Annotations/b__ü_asset_b__ü.xml").bytes,
            head("b__ü_asset_b__ü.png", 64, 64) + "</annotation>\n");
  EXPECT_EQ(out.files.at("Annotations/d_e_asset_d_e.xml").bytes,
            head("d_e_asset_d_e.jpg", 800, 400) +
                object("big, &quot;red&quot; dog", false, {400, 200, 800, 400}) +
                "</annotation>\n");
  EXPECT_EQ(out.skipped.at("annotation wholly outside the image"), Ids{"outside"});
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
  EXPECT_EQ(out.approximated.at("polygon by its extent"), (Ids{"triangle", "line"}));
  EXPECT_EQ(out.files.at("Annotations/a.xml").annotations, 5);
  EXPECT_EQ(out.files.at("Annotations/a.xml").skipped, 8);
}

TEST(PascalVocTest, ListsTheSets) {
  const DrawnProject drawn = hard_to_say("ObjectDetection");
  const MemoryFiles all = written(pascal_voc, drawn, testing::whole());
  EXPECT_EQ(all.files.at("ImageSets/Main/train.txt").bytes, "a\nb__ü_asset_b__ü\nd_e_asset_d_e\n");
  EXPECT_EQ(all.files.at("ImageSets/Main/val.txt").bytes, "");
  EXPECT_EQ(all.files.at("ImageSets/Main/trainval.txt").bytes,
            all.files.at("ImageSets/Main/train.txt").bytes);
  const MemoryFiles parted = written(pascal_voc, drawn, testing::split());
  EXPECT_EQ(parted.files.at("ImageSets/Main/train.txt").bytes, "a\n");
  EXPECT_EQ(parted.files.at("ImageSets/Main/val.txt").bytes, "b__ü_asset_b__ü\nd_e_asset_d_e\n");
  EXPECT_EQ(parted.files.at("ImageSets/Main/trainval.txt").bytes,
            "a\nb__ü_asset_b__ü\nd_e_asset_d_e\n");
  EXPECT_FALSE(parted.files.contains("ImageSets/Main/test.txt"));
  EXPECT_EQ(parted.files.at("Annotations/d_e_asset_d_e.xml").bytes,
            all.files.at("Annotations/d_e_asset_d_e.xml").bytes);
}

TEST(PascalVocTest, KeepsTheSetToTestOutOfTrainval) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images[3].split = exports::Split::test;
  exports::FormatSettings settings = testing::split();
  settings.split.test_ratio = 0.25;
  const MemoryFiles out = written(pascal_voc, drawn, settings);
  EXPECT_EQ(out.files.at("ImageSets/Main/train.txt").bytes, "a\n");
  EXPECT_EQ(out.files.at("ImageSets/Main/val.txt").bytes, "b__ü_asset_b__ü\n");
  EXPECT_EQ(out.files.at("ImageSets/Main/test.txt").bytes, "d_e_asset_d_e\n");
  EXPECT_EQ(out.files.at("ImageSets/Main/trainval.txt").bytes, "a\nb__ü_asset_b__ü\n");
}

TEST(PascalVocTest, NamesTheClassesInALabelMap) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.project.categories[0].name = "cat: tame";
  EXPECT_EQ(written(pascal_voc, drawn, testing::whole()).files.at("labelmap.txt").bytes,
            "# label:color_rgb:parts:actions\ncat_ tame:::\nbig, \"red\" dog:::\n"
            "Jäger 日本:::\n");
}

TEST(PascalVocTest, GivesABoxThinnerThanAPixelOneInsideTheImage) {
  const MemoryFiles out = written(
      pascal_voc,
      one_image(
          {rectangle("left", 0, {0, 0.2, 0.01, 0.8}), rectangle("top", 0, {0.2, 0, 0.8, 0.01}),
           rectangle("right", 0, {0.99, 0.2, 1, 0.8}), rectangle("bottom", 0, {0.2, 0.99, 0.8, 1}),
           rectangle("on the right edge", 0, {1, 0.2, 1, 0.8}),
           rectangle("on the bottom edge", 0, {0.2, 1, 0.8, 1}),
           rectangle("inside", 0, {0.51, 0.51, 0.52, 0.52})}),
      testing::whole());
  EXPECT_EQ(out.files.at("Annotations/a.xml").bytes,
            head("a.jpg", 10, 10) + object("cat", false, {0, 2, 1, 8}) +
                object("cat", false, {2, 0, 8, 1}) + object("cat", false, {9, 2, 10, 8}) +
                object("cat", false, {2, 9, 8, 10}) + object("cat", false, {9, 2, 10, 8}) +
                object("cat", false, {2, 9, 8, 10}) + object("cat", false, {5, 5, 6, 6}) +
                "</annotation>\n");
}

TEST(PascalVocTest, RoundsAndKeepsInside) {
  // A box that leaves the image by less than half a pixel is not truncated.
  const MemoryFiles out =
      written(pascal_voc,
              one_image({rectangle("1", 0, {0.04, 0.05, 0.14, 0.15}),
                         rectangle("2", 0, {-0.04, 0, 1.04, 1}),
                         rectangle("3", 0, {-0.06, 0, 1, 1}), rectangle("4", 0, {0, 0, 1, 1e300})}),
              testing::whole());
  EXPECT_EQ(out.files.at("Annotations/a.xml").bytes,
            head("a.jpg", 10, 10) + object("cat", false, {0, 1, 1, 2}) +
                object("cat", false, {0, 0, 10, 10}) + object("cat", true, {0, 0, 10, 10}) +
                object("cat", true, {0, 0, 10, 10}) + "</annotation>\n");
}

TEST(PascalVocTest, ReplacesWhatXmlCannotHold) {
  DrawnProject drawn = one_image({rectangle("1", 0, {0, 0, 1, 1})});
  drawn.project.categories[0].name = "<&>\x01\xff\ufffe'\t\r]]>";
  EXPECT_EQ(written(pascal_voc, drawn, testing::whole()).files.at("Annotations/a.xml").bytes,
            head("a.jpg", 10, 10) +
                object("&lt;&amp;&gt;\ufffd\ufffd\ufffd'\t&#13;]]&gt;", false, {0, 0, 10, 10}) +
                "</annotation>\n");
}

}  // namespace
}  // namespace nexus_mirror
