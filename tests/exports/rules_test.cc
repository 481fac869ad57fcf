// Rules of exports that need no files: which set, which formats, which classes were renumbered.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "exports/format_list.h"
#include "exports/format_run.h"
#include "exports/project_data.h"
#include "exports/settings.h"
#include "exports/split.h"
#include "support/memory_files.h"
#include "support/places.h"

namespace nexus_mirror::exports {
namespace {

TEST(SplitTest, DependsOnAssetAndSeedAlone) {
  // Fixed for ever: a trained model's validation set depends on it.
  EXPECT_EQ(split_of("asset_0", 1337, 0.5), split_of("asset_0", 1337, 0.5));
  int validate = 0, moved = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string id = "asset_" + std::to_string(i);
    const Split split = split_of(id, 1337, 0.2);
    validate += split == Split::validate ? 1 : 0;
    // A larger share only takes from train.
    EXPECT_FALSE(split == Split::validate && split_of(id, 1337, 0.3) == Split::train);
    moved += split != split_of(id, 1, 0.2) ? 1 : 0;
  }
  EXPECT_GT(validate, 1800);
  EXPECT_LT(validate, 2200);
  EXPECT_GT(moved, 1000);
  EXPECT_EQ(split_of("asset_0", 1337, 0), Split::train);
  EXPECT_EQ(split_of("asset_0", 1337, 1), Split::validate);
}

TEST(SplitTest, IsTheFractionThatTheHeaderSays) {
  // SHA-256("1337:asset_8208740a") begins with 8d42c9a6: 0.5518 of the way from 0 to 1.
  EXPECT_EQ(split_of("asset_8208740a", 1337, 0.5517), Split::train);
  EXPECT_EQ(split_of("asset_8208740a", 1337, 0.5519), Split::validate);
}

TEST(SplitTest, MakesOneSetOrTwo) {
  const auto whole = sets_of(0);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].name(), "annotations");
  const auto sets = sets_of(1);
  ASSERT_EQ(sets.size(), 2U) << "a set without images is one";
  EXPECT_EQ(sets[0].name(), "train");
  EXPECT_EQ(sets[1].name(), "validate");
}

TEST(ExportSettingsTest, TheFirstBlockThatGivesAFormatDecides) {
  Config config;
  config.exports.resize(2);
  config.exports[0].projects = {"cars*"};
  config.exports[0].formats = {"coco"};
  config.exports[0].split_ratio = 0.2;
  config.exports[1].formats = {"coco", "yolo"};
  auto settings = settings_of(config, "proj_1", "cars-2", "ObjectDetection");
  ASSERT_EQ(settings.size(), 2U);
  EXPECT_EQ(settings[0].format, "coco");
  EXPECT_EQ(settings[0].split_ratio, 0.2);
  EXPECT_EQ(settings[1].format, "yolo");
  EXPECT_EQ(settings[1].split_ratio, 0);
  settings = settings_of(config, "proj_2", "dogs", "ObjectDetection");
  EXPECT_EQ(settings[0].split_ratio, 0);
  config.exports.pop_back();
  EXPECT_TRUE(settings_of(config, "proj_2", "dogs", "ObjectDetection").empty());
}

TEST(ExportSettingsTest, EqualSettingsAreOneText) {
  FormatSettings one, other;
  one.statuses = {"Review", "Completed"};
  other.statuses = {"Completed", "Review"};
  EXPECT_EQ(settings_json(one), settings_json(other));
  EXPECT_EQ(settings_json(one), R"({"groups":[],"normalized":true,"seed":1337,"split_ratio":0,)"
                                R"("statuses":["Completed","Review"]})");
  other.seed = 1;
  EXPECT_NE(settings_json(one), settings_json(other));
}

TEST(ExportSettingsTest, EveryDefaultIsAFormat) {
  for (const char* type :
       {"ObjectDetection", "InstanceSegmentation", "Keypoint", "Classification", "SomethingNew"}) {
    for (const std::string& format : default_formats(type)) {
      EXPECT_TRUE(format == kNdjson || find_format(format) != nullptr) << format;
    }
  }
}

// A writer that the list names is linked; one that the list does not name is found only here,
// unless it is defined as `formats::<name>`, which does not compile without its line.
TEST(FormatListTest, NamesEveryFormatOfTheFolder) {
  const std::regex definition(R"(const Format ([\w:]+))");
  std::set<std::string> defined, named;
  for (const auto& entry :
       std::filesystem::directory_iterator(testing::in_source("src/exports/formats"))) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    for (std::sregex_iterator found(text.begin(), text.end(), definition), end; found != end;
         ++found) {
      defined.insert((*found)[1]);
    }
  }
  for (const NamedFormat& format : image_formats()) {
    named.insert("formats::" + std::string(format.name));
  }
  EXPECT_EQ(defined, named);
}

TEST(FormatRunTest, SaysOfAnImageAndOfWhatIsOnItWhyBothAreLeftOut) {
  const Project project{"proj_1", "Cats", "ObjectDetection", {{0, 0, "cat", {}, {}}}};
  const Annotation drawn[] = {
      {1, "annot_1", BoundType::rectangle, &project.categories[0], {}, Box{0, 0, 1, 1}},
      {2, "annot_2", BoundType::polygon, &project.categories[0], {}, Box{0, 0, 1, 1}}};
  ImageRow row;
  row.image.asset_id = "asset_1";
  row.annotations = drawn;
  testing::MemoryFiles files;
  FormatRun run(*find_format("createml"), project, {}, files);
  run.take(row);
  EXPECT_EQ(run.left_out().left_out_json(),
            R"([{"count":1,"ids":["asset_1"],"reason":"image of unknown size"}])");
  EXPECT_EQ(run.left_out().skipped_json(),
            R"([{"count":1,"ids":["annot_2"],"reason":"bound type Polygon in this format"},)"
            R"({"count":1,"ids":["annot_1"],"reason":"image of unknown size"}])");
  EXPECT_EQ(run.images(), 0);
}

TEST(ClassesTest, ARenumberedClassIsNoticed) {
  const std::string before = R"([{"id":0,"name":"a"},{"id":1,"name":"b"}])";
  EXPECT_FALSE(renumbers(before, before));
  EXPECT_FALSE(
      renumbers(before, R"([{"id":0,"name":"a"},{"id":1,"name":"b"},{"id":2,"name":"c"}])"));
  EXPECT_FALSE(renumbers(before, R"([{"id":0,"name":"a"}])")) << "a class that is gone";
  EXPECT_TRUE(renumbers(before, R"([{"id":0,"name":"b"}])"));
  EXPECT_TRUE(renumbers(before, R"([{"id":0,"name":"a"},{"id":1,"name":"c"}])"))
      << "a number that means another class";
}

TEST(PointsTest, ReadsWhatTheMirrorStores) {
  std::vector<Point> points;
  ASSERT_TRUE(parse_points("[[0.5,1],[1e-05,-0.25,1]]", points));
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].x, 0.5);
  EXPECT_EQ(points[0].visibility, 2);
  EXPECT_EQ(points[1].x, 1e-05);
  EXPECT_EQ(points[1].visibility, 1);
  points.clear();
  EXPECT_TRUE(parse_points("[]", points));
  EXPECT_TRUE(points.empty());
  for (const char* bad : {"", "[", "[[1]]", "[[1,2]", "[[1,2]]x", "{}", "[[1,2,3,4]]", "[1,2]"}) {
    EXPECT_FALSE(parse_points(bad, points)) << bad;
  }
}

}  // namespace
}  // namespace nexus_mirror::exports
