// The CSV formats, byte for byte.
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

exports::FormatSettings pixels() {
  exports::FormatSettings settings;
  settings.normalized = false;
  return settings;
}

TEST(CsvTest, WritesCornersFrom0To1) {
  const MemoryFiles out =
      written(formats::csv_fourcorner, hard_to_say("ObjectDetection"), testing::whole());
  ASSERT_EQ(out.files.size(), 1U);
  EXPECT_EQ(out.files.at("annotations.csv").bytes,
            "filename,xmin,ymin,xmax,ymax,label\n"
            "a.jpg,0.125,0.25,0.625,0.75,cat\n"
            "a.jpg,-0.25,0.5,0.5,1.5,\"big, \"\"red\"\" dog\"\n"
            "a.jpg,0.25,0.5,0.25,0.5,\"Jäger\n日本\"\n"
            "a.jpg,1,0.25,1.5,0.75,cat\n"
            "a.jpg,0.25,0.25,0.5,1.25,cat\n"
            "a.jpg,0.25,0.25,0.5,0.75,\"big, \"\"red\"\" dog\"\n"
            "c.jpg,0,0,0.5,0.5,\"big, \"\"red\"\" dog\"\n"
            "d e.jpg,0.5,0.5,1,1,\"big, \"\"red\"\" dog\"\n");
  EXPECT_EQ(out.files.at("annotations.csv").annotations, 8);
  EXPECT_EQ(out.files.at("annotations.csv").skipped, 7);  // 6 of other types, 1 without an extent
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
  EXPECT_EQ(out.left_out.at("image without an annotation of this format"), Ids{"asset_b_ ü"});
  EXPECT_EQ(out.skipped.size() + out.left_out.size(), 2U);
}

TEST(CsvTest, WritesPixelsWhereTheSizeIsKnown) {
  const MemoryFiles out =
      written(formats::csv_fourcorner, hard_to_say("ObjectDetection"), pixels());
  EXPECT_EQ(out.files.at("annotations.csv").bytes,
            "filename,xmin,ymin,xmax,ymax,label\n"
            "a.jpg,100,100,500,300,cat\n"
            "a.jpg,-200,200,400,600,\"big, \"\"red\"\" dog\"\n"
            "a.jpg,200,200,200,200,\"Jäger\n日本\"\n"
            "a.jpg,800,100,1200,300,cat\n"
            "a.jpg,200,100,400,500,cat\n"
            "a.jpg,200,100,400,300,\"big, \"\"red\"\" dog\"\n"
            "d e.jpg,400,200,800,400,\"big, \"\"red\"\" dog\"\n");
  EXPECT_EQ(out.skipped.at("image of unknown size"), Ids{"sizeless"});
  EXPECT_EQ(out.left_out.at("image of unknown size"), Ids{"asset_c"});
  EXPECT_EQ(out.files.at("annotations.csv").annotations, 7);
  EXPECT_EQ(out.files.at("annotations.csv").skipped, 8);
}

TEST(CsvTest, WritesSides) {
  const DrawnProject drawn = hard_to_say("ObjectDetection");
  EXPECT_EQ(written(formats::csv_widthheight, drawn, pixels()).files.at("annotations.csv").bytes,
            "filename,x,y,width,height,label\n"
            "a.jpg,100,100,400,200,cat\n"
            "a.jpg,-200,200,600,400,\"big, \"\"red\"\" dog\"\n"
            "a.jpg,200,200,0,0,\"Jäger\n日本\"\n"
            "a.jpg,800,100,400,200,cat\n"
            "a.jpg,200,100,200,400,cat\n"
            "a.jpg,200,100,200,200,\"big, \"\"red\"\" dog\"\n"
            "d e.jpg,400,200,400,200,\"big, \"\"red\"\" dog\"\n");
  const MemoryFiles out = written(formats::csv_widthheight, drawn, testing::split());
  ASSERT_EQ(out.files.size(), 2U);
  EXPECT_EQ(out.files.at("validate.csv").bytes,
            "filename,x,y,width,height,label\n"
            "d e.jpg,0.5,0.5,0.5,0.5,\"big, \"\"red\"\" dog\"\n");
  EXPECT_EQ(out.files.at("train.csv").annotations, 7);
  EXPECT_EQ(out.files.at("train.csv").skipped, 7);
  EXPECT_EQ(out.files.at("validate.csv").annotations, 1);
  EXPECT_EQ(out.files.at("validate.csv").skipped, 0);
}

TEST(CsvTest, WritesEveryLabelOfAnImage) {
  const MemoryFiles out =
      written(formats::csv_classification, hard_to_say("Classification"), testing::whole());
  EXPECT_EQ(out.files.at("annotations.csv").bytes,
            "filename,label\n"
            "a.jpg,\"big, \"\"red\"\" dog\"\n"
            "a.jpg,\"Jäger\n日本\"\n");
  EXPECT_EQ(out.files.at("annotations.csv").annotations, 2);
  EXPECT_EQ(out.files.at("annotations.csv").skipped, 13);
  EXPECT_EQ(out.left_out.at("image without an annotation of this format"),
            (Ids{"asset_b_ ü", "asset_c", "asset_d e"}));
}

TEST(CsvTest, QuotesNamesOfFilesAndReplacesBrokenText) {
  DrawnProject drawn = hard_to_say("Classification");
  drawn.project.categories[0].name = "x\xff";
  drawn.project.categories[1].name = "cr\rhere";
  drawn.images = {
      {"b, \"ü\".png",
       "b",
       1,
       1,
       exports::Split::train,
       {{"1", BoundType::classification, 0, {}}, {"2", BoundType::classification, 1, {}}}}};
  EXPECT_EQ(written(formats::csv_classification, drawn, testing::whole())
                .files.at("annotations.csv")
                .bytes,
            "filename,label\n"
            "\"b, \"\"ü\"\".png\",x\ufffd\n"
            "\"b, \"\"ü\"\".png\",\"cr\rhere\"\n");
}

TEST(CsvTest, HasItsHeaderWithoutImages) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images.clear();
  const MemoryFiles out = written(formats::csv_fourcorner, drawn, testing::split());
  ASSERT_EQ(out.files.size(), 2U);
  EXPECT_EQ(out.files.at("train.csv").bytes, "filename,xmin,ymin,xmax,ymax,label\n");
  EXPECT_EQ(out.files.at("validate.csv").bytes, "filename,xmin,ymin,xmax,ymax,label\n");
}

TEST(CsvTest, LeavesOutWhatIsTooLargeForANumber) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images = {{"a.jpg", "a", 800, 400, {}, {testing::rectangle("huge", 0, {0, 0, 1e308, 1})}}};
  const MemoryFiles out = written(formats::csv_fourcorner, drawn, pixels());
  EXPECT_EQ(out.files.at("annotations.csv").bytes, "filename,xmin,ymin,xmax,ymax,label\n");
  EXPECT_EQ(out.skipped.at("coordinates out of a number's range"), Ids{"huge"});
  EXPECT_EQ(
      written(formats::csv_fourcorner, drawn, testing::whole()).files.at("annotations.csv").bytes,
      "filename,xmin,ymin,xmax,ymax,label\na.jpg,0,0,1e+308,1,cat\n");
}

}  // namespace
}  // namespace nexus_mirror
