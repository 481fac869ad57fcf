// Rules of exports that need no files: which set, which formats, which classes were renumbered.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "exports/annotations_in_order.h"
#include "exports/class_numbers.h"
#include "exports/fit.h"
#include "exports/format_list.h"
#include "exports/format_run.h"
#include "exports/media.h"
#include "exports/project_data.h"
#include "exports/settings.h"
#include "exports/split.h"
#include "support/memory_files.h"
#include "support/places.h"

namespace nexus_mirror::exports {
namespace {

const std::vector<std::string> kNoGroups;

Split split_of(const std::string& id, const SplitSettings& settings,
               const std::vector<std::string>& groups = kNoGroups, const std::string& filename = {},
               const std::string& metadata = {}) {
  return Splitter(settings).split_of({id, filename, metadata, groups});
}

SplitSettings by_ratio(double validate, double test = 0, std::int64_t seed = 1337) {
  SplitSettings settings;
  settings.split_ratio = validate;
  settings.test_ratio = test;
  settings.seed = seed;
  return settings;
}

TEST(SplitTest, DependsOnAssetAndSeedAlone) {
  // Fixed for ever: a trained model's validation set depends on it.
  int validate = 0, test = 0, moved = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string id = "asset_" + std::to_string(i);
    const Split split = split_of(id, by_ratio(0.2));
    validate += split == Split::validate ? 1 : 0;
    // A larger share only takes from train, and so does a test set.
    EXPECT_FALSE(split == Split::validate && split_of(id, by_ratio(0.3)) == Split::train);
    const Split of_three = split_of(id, by_ratio(0.2, 0.1));
    EXPECT_EQ(of_three == Split::validate, split == Split::validate);
    test += of_three == Split::test ? 1 : 0;
    EXPECT_FALSE(of_three == Split::test && split_of(id, by_ratio(0.4, 0.1)) != Split::test);
    moved += split != split_of(id, by_ratio(0.2, 0, 1)) ? 1 : 0;
  }
  EXPECT_GT(validate, 1800);
  EXPECT_LT(validate, 2200);
  EXPECT_GT(test, 850);
  EXPECT_LT(test, 1150);
  EXPECT_GT(moved, 1000);
  EXPECT_EQ(split_of("asset_0", by_ratio(0)), Split::train);
  EXPECT_EQ(split_of("asset_0", by_ratio(1)), Split::validate);
  EXPECT_EQ(split_of("asset_0", by_ratio(0, 1)), Split::test);
}

TEST(SplitTest, IsTheFractionThatTheHeaderSays) {
  // SHA-256("1337:asset_8208740a") begins with 8d42c9a6: 0.5518 of the way from 0 to 1.
  EXPECT_EQ(split_of("asset_8208740a", by_ratio(0.5517)), Split::train);
  EXPECT_EQ(split_of("asset_8208740a", by_ratio(0.5519)), Split::validate);
  EXPECT_EQ(split_of("asset_8208740a", by_ratio(0, 0.4483)), Split::test);
  EXPECT_EQ(split_of("asset_8208740a", by_ratio(0, 0.4481)), Split::train);
}

TEST(SplitTest, GroupsDecideBeforeTheHash) {
  SplitSettings settings = by_ratio(1);
  settings.sets = {{"a"}, {"b"}, {"c"}};
  EXPECT_EQ(split_of("x", settings, {"a"}), Split::train);
  EXPECT_EQ(split_of("x", settings, {"a", "b"}), Split::validate);
  EXPECT_EQ(split_of("x", settings, {"a", "b", "c"}), Split::test);
  EXPECT_EQ(split_of("x", settings, {"d"}), Split::validate) << "in none: by ratio";
}

TEST(SplitTest, KeepsTogetherWhatSplitByNames) {
  const auto text_by = [](const std::string& split_by, const SplitSubject& subject) {
    SplitSettings settings;
    settings.split_by = split_by;
    return Splitter(settings).text_of(subject);
  };
  const std::vector<std::string> groups = {"a", "b"};
  const SplitSubject subject{"id", "video7_f0012.jpg",
                             R"({"patient":"p 1","age":07,"n":7.50,"yes":true,"no":null,"e":""})",
                             groups};
  SplitSubject fine = subject;
  fine.custom_metadata = R"({"patient":"p 1","n":7.50,"yes":true,"no":null,"e":""})";
  EXPECT_EQ(text_by("asset", fine), "id");
  EXPECT_EQ(text_by("group", fine), "a");
  EXPECT_EQ(text_by("group", {"id", "", "", kNoGroups}), "id");
  EXPECT_EQ(text_by("filename:^(.*)_f[0-9]+", fine), "video7");
  EXPECT_EQ(text_by("filename:^[a-z]+", fine), "video") << "no group: the whole match";
  EXPECT_EQ(text_by("filename:^(x)?video", fine), "id") << "a group that takes no part";
  EXPECT_EQ(text_by("filename:^nothing", fine), "id");
  EXPECT_EQ(text_by("metadata:patient", fine), "p 1");
  EXPECT_EQ(text_by("metadata:n", fine), "7.50");
  EXPECT_EQ(text_by("metadata:yes", fine), "true");
  for (const char* key : {"metadata:no", "metadata:e", "metadata:other"}) {
    EXPECT_EQ(text_by(key, fine), "id") << key;
  }
  EXPECT_EQ(text_by("metadata:patient", subject), "id") << "no JSON";
}

TEST(SplitTest, MakesTheSetsThatAreConfigured) {
  const auto names = [](const SplitSettings& settings) {
    std::string text;
    for (const ImageSet& set : sets_of(settings)) text.append(set.name()).append(" ");
    return text;
  };
  EXPECT_EQ(names(by_ratio(0)), "annotations ");
  EXPECT_EQ(names(by_ratio(1)), "train validate ") << "a set without images is one";
  EXPECT_EQ(names(by_ratio(0, 0.5)), "train test ");
  EXPECT_EQ(names(by_ratio(0.1, 0.5)), "train validate test ");
  SplitSettings groups;
  groups.sets.validate = {"v"};
  EXPECT_EQ(names(groups), "train validate ");
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
  EXPECT_EQ(settings[0].split.split_ratio, 0.2);
  EXPECT_EQ(settings[1].format, "yolo");
  EXPECT_EQ(settings[1].split.split_ratio, 0);
  settings = settings_of(config, "proj_2", "dogs", "ObjectDetection");
  EXPECT_EQ(settings[0].split.split_ratio, 0);
  config.exports.pop_back();
  EXPECT_TRUE(settings_of(config, "proj_2", "dogs", "ObjectDetection").empty());
}

TEST(ExportSettingsTest, EqualSettingsAreOneText) {
  FormatSettings one, other;
  one.statuses = {"Review", "Completed"};
  other.statuses = {"Completed", "Review"};
  EXPECT_EQ(settings_json(one), settings_json(other));
  EXPECT_EQ(
      settings_json(one),
      R"({"groups":[],"images":true,"normalized":true,"seed":1337,"sets":{"test":[],"train":[],)"
      R"("validate":[]},"split_by":"asset","split_ratio":0,)"
      R"("statuses":["Completed","Review"],"test_ratio":0})");
  other.split.seed = 1;
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
  const Project project{"proj_1", "Cats", "ObjectDetection", {{0, 0, "cat", {}, {}}}, {}};
  const Annotation drawn[] = {
      {1, "annot_1", BoundType::rectangle, &project.categories[0], {}, Box{0, 0, 1, 1}},
      {2, "annot_2", BoundType::keypoints, &project.categories[0], {}, Box{0, 0, 1, 1}}};
  ImageRow row;
  row.image.asset_id = "asset_1";
  row.annotations = drawn;
  testing::MemoryFiles files;
  const FormatSettings settings;
  FormatRun run(*find_format("createml"), project, settings, files);
  run.take(row);
  EXPECT_EQ(run.left_out().left_out_json(),
            R"([{"count":1,"ids":["asset_1"],"reason":"image of unknown size"}])");
  EXPECT_EQ(run.left_out().skipped_json(),
            R"([{"count":1,"ids":["annot_2"],"reason":"bound type Keypoints in this format"},)"
            R"({"count":1,"ids":["annot_1"],"reason":"image of unknown size"}])");
  EXPECT_EQ(run.images(), 0);
}

TEST(ClassesTest, ARenumberedClassIsNoticed) {
  const std::string before = R"([{"id":0,"name":"a"},{"id":1,"name":"b"}])";
  const auto renumbered = [&](const std::string& after) {
    return compare_classes(before, after).renumbered;
  };
  EXPECT_FALSE(renumbered(before));
  EXPECT_FALSE(renumbered(R"([{"id":0,"name":"a"},{"id":1,"name":"b"},{"id":2,"name":"c"}])"));
  EXPECT_FALSE(renumbered(R"([{"id":0,"name":"a"}])")) << "a class that is gone";
  EXPECT_TRUE(renumbered(R"([{"id":0,"name":"b"}])"));
  EXPECT_TRUE(renumbered(R"([{"id":0,"name":"b"},{"id":1,"name":"a"}])"));
  EXPECT_FALSE(renumbered(R"([{"id":0,"name":"a"},{"id":1,"name":"c"}])")) << "a rename";
}

TEST(ClassesTest, ARenameIsNoRenumbering) {
  const ClassChanges changes =
      compare_classes(R"([{"id":1,"name":"RBC"},{"id":2,"name":"WBC"}])",
                      R"([{"id":1,"name":"RBC"},{"id":2,"name":"White"}])");
  EXPECT_FALSE(changes.renumbered);
  ASSERT_EQ(changes.renames.size(), 1U);
  EXPECT_EQ(changes.renames[0].id, 2);
  EXPECT_EQ(changes.renames[0].before, "WBC");
  EXPECT_EQ(changes.renames[0].after, "White");
}

TEST(MediumTest, IsSaidByTypeAndElseByExtension) {
  EXPECT_EQ(medium_of("image/png", "a"), Medium::picture);
  EXPECT_EQ(medium_of("video/mp4", "a.jpg"), Medium::video);
  EXPECT_EQ(medium_of("application/octet-stream", "scan.nii"), Medium::other);
  EXPECT_EQ(medium_of("application/octet-stream", "a.JPG"), Medium::picture);
  EXPECT_EQ(medium_of("image/dicom", "a.dcm"), Medium::other);
  EXPECT_EQ(medium_of("", "a.mp4"), Medium::video);
  EXPECT_EQ(medium_of("", "a"), Medium::picture);
  EXPECT_EQ(medium_of("application/pdf", "a.pdf"), Medium::other);
}

TEST(FitTest, AFormatSuitsTypesThatHaveItsShapes) {
  Project project;
  const auto suited = [&](const char* format, const char* type) {
    project.type = type;
    return suits(find_format(format)->traits(project), type);
  };
  for (const auto& [name, format] : image_formats()) {
    EXPECT_TRUE(suited(std::string(name).c_str(), "NobodyKnowsIt")) << name;
  }
  EXPECT_TRUE(suited("coco", "ObjectDetection"));
  EXPECT_TRUE(suited("tfrecord", "InstanceSegmentation"));
  EXPECT_FALSE(suited("polygon_coco", "ObjectDetection"));
  EXPECT_FALSE(suited("csv_classification", "ObjectDetection"));
  EXPECT_FALSE(suited("keypoints_coco", "InstanceSegmentation"));
  EXPECT_FALSE(suited("yolo", "Classification"));
  EXPECT_TRUE(suited("yolo", "Keypoint"));
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
  ASSERT_TRUE(parse_points("[[0,0,1e300],[0,0,0.5],[0,0,-1e300],[0,0,2.5]]", points));
  const std::array<int, 4> expected = {2, 1, 0, 2};
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(points[i].visibility, expected[i]) << i;
  }
  points.clear();
  EXPECT_TRUE(parse_points("[]", points));
  EXPECT_TRUE(points.empty());
  for (const char* bad : {"", "[", "[[1]]", "[[1,2]", "[[1,2]]x", "{}", "[[1,2,3,4]]", "[1,2]"}) {
    EXPECT_FALSE(parse_points(bad, points)) << bad;
  }
}

}  // namespace
}  // namespace nexus_mirror::exports
