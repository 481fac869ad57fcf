// Format createml, byte for byte.
#include <gtest/gtest.h>

#include "exports/formats/formats.h"
#include "support/drawn_project.h"

namespace nexus_mirror {
namespace {

using exports::formats::createml;
using testing::DrawnProject;
using testing::hard_to_say;
using testing::MemoryFiles;
using testing::written;
using Ids = std::vector<std::string>;

// Of a.jpg in hard_to_say().
constexpr auto kFirst =
    R"({"image":"a.jpg","annotations":[)"
    R"({"label":"cat","coordinates":{"x":300,"y":200,"width":400,"height":200}},)"
    R"({"label":"big, \"red\" dog","coordinates":{"x":100,"y":400,"width":600,"height":400}},)"
    R"({"label":"Jäger\n日本","coordinates":{"x":200,"y":200,"width":0,"height":0}},)"
    R"({"label":"cat","coordinates":{"x":1000,"y":200,"width":400,"height":200}},)"
    R"({"label":"cat","coordinates":{"x":300,"y":300,"width":200,"height":400}},)"
    R"({"label":"big, \"red\" dog","coordinates":{"x":300,"y":200,"width":200,"height":200}}]})";
constexpr auto kUnannotated = R"({"image":"b, \"ü\".png","annotations":[]})";
constexpr auto kLast = R"({"image":"d e.jpg","annotations":[{"label":"big, \"red\" dog",)"
                       R"("coordinates":{"x":600,"y":300,"width":400,"height":200}}]})";

TEST(CreatemlTest, WritesBoxesByTheirCentreInPixels) {
  const MemoryFiles out = written(createml, hard_to_say("ObjectDetection"), testing::whole());
  ASSERT_EQ(out.files.size(), 1U);
  EXPECT_EQ(out.files.at("annotations.json").bytes,
            std::string("[\n") + kFirst + ",\n" + kUnannotated + ",\n" + kLast + "\n]\n");
  EXPECT_EQ(out.files.at("annotations.json").annotations, 7);
  EXPECT_EQ(out.files.at("annotations.json").skipped, 7);
  EXPECT_EQ(out.skipped.at("annotation without an extent"), Ids{"nowhere"});
  EXPECT_EQ(out.approximated.at("polygon by its extent"), (Ids{"triangle", "line"}));
  EXPECT_TRUE(out.left_out.empty());
}

TEST(CreatemlTest, PartsTheSets) {
  const MemoryFiles out = written(createml, hard_to_say("ObjectDetection"), testing::split());
  ASSERT_EQ(out.files.size(), 2U);
  EXPECT_EQ(out.files.at("train.json").bytes, std::string("[\n") + kFirst + "\n]\n");
  EXPECT_EQ(out.files.at("validate.json").bytes,
            std::string("[\n") + kUnannotated + ",\n" + kLast + "\n]\n");
  EXPECT_EQ(out.files.at("train.json").annotations, 6);
  EXPECT_EQ(out.files.at("validate.json").annotations, 1);
}

TEST(CreatemlTest, IsAnEmptyListWithoutImages) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images.clear();
  const MemoryFiles out = written(createml, drawn, testing::split());
  EXPECT_EQ(out.files.at("train.json").bytes, "[\n]\n");
  EXPECT_EQ(out.files.at("validate.json").bytes, "[\n]\n");
}

TEST(CreatemlTest, RoundsToAMillionthOfAPixel) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images = {
      {"a.jpg", "a", 100, 100, {}, {testing::rectangle("in", 0, {0.1, 0.31, 0.3, 0.93})}}};
  EXPECT_EQ(written(createml, drawn, testing::whole()).files.at("annotations.json").bytes,
            "[\n{\"image\":\"a.jpg\",\"annotations\":[{\"label\":\"cat\",\"coordinates\":"
            "{\"x\":20,\"y\":62,\"width\":20,\"height\":62}}]}\n]\n");
}

TEST(CreatemlTest, LeavesOutWhatIsTooLargeForANumber) {
  DrawnProject drawn = hard_to_say("ObjectDetection");
  drawn.images = {{"a.jpg", "a", 1, 1, {}, {testing::rectangle("huge", 0, {-1e308, 0, 1e308, 1})}}};
  const MemoryFiles out = written(createml, drawn, testing::whole());
  EXPECT_EQ(out.files.at("annotations.json").bytes,
            "[\n{\"image\":\"a.jpg\",\"annotations\":[]}\n]\n");
  EXPECT_EQ(out.skipped.at("coordinates out of a number's range"), Ids{"huge"});
}

}  // namespace
}  // namespace nexus_mirror
