// The four formats of COCO against golden files, which were checked by hand against COCO's own
// description of its format.
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <deque>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "exports/formats/formats.h"
#include "support/memory_files.h"
#include "support/places.h"

namespace nexus_mirror::exports {
namespace {

using Left = std::map<std::string, std::vector<std::string>>;
using Points = std::vector<Point>;

std::optional<Box> extent(BoundType type, const Points& points) {
  std::optional<Box> box;
  for (const Point& point : points) {
    if (type == BoundType::keypoints && point.visibility <= 0) continue;
    if (!box) box = Box{point.x, point.y, point.x, point.y};
    box->xmin = std::min(box->xmin, point.x);
    box->ymin = std::min(box->ymin, point.y);
    box->xmax = std::max(box->xmax, point.x);
    box->ymax = std::max(box->ymax, point.y);
  }
  return box;
}

Points corners(double xmin, double ymin, double xmax, double ymax) {
  return {{xmin, ymin}, {xmin, ymax}, {xmax, ymax}, {xmax, ymin}};
}

// A project with its images and what is drawn on them. Stays where it is: annotations point at it.
struct DataSet {
  struct Picture {
    Image image;
    std::vector<Annotation> annotations;
  };
  Project project;
  std::deque<Picture> pictures;
  std::deque<Points> bounds;
  std::deque<std::string> ids;
  std::int64_t annotations = 0;

  void add_image(std::string_view id, std::string_view name, std::int64_t width,
                 std::int64_t height, Split split = Split::train) {
    Image image;
    image.number = std::ssize(pictures) + 1;
    image.asset_id = id;
    image.name = name;
    image.width = width;
    image.height = height;
    image.split = split;
    pictures.push_back({image, {}});
  }

  // On the last image; its id is annot_<number>.
  void draw(BoundType type, std::size_t category, Points points) {
    bounds.push_back(std::move(points));
    ids.push_back("annot_" + std::to_string(++annotations));
    // These rectangles are upright: their box says them.
    std::span<const Point> given = bounds.back();
    if (type == BoundType::rectangle) given = {};
    pictures.back().annotations.push_back({annotations, ids.back(), type,
                                           &project.categories.at(category), given,
                                           extent(type, bounds.back())});
  }

  // As the export does it: what the format does not accept is kept away from the writer.
  testing::MemoryFiles write(const Format& format, double split_ratio = 0) const {
    testing::MemoryFiles files;
    FormatSettings settings;
    settings.split.split_ratio = split_ratio;
    const Traits traits = format.traits(project);
    const auto writer = format.make({project, settings, traits, files, files});
    for (const Picture& picture : pictures) {
      Image image = picture.image;
      std::vector<Annotation> accepted;
      for (const Annotation& annotation : picture.annotations) {
        if (traits.accepts[static_cast<std::size_t>(annotation.type)]) {
          accepted.push_back(annotation);
        } else {
          ++image.skipped;
        }
      }
      writer->write(image, accepted);
    }
    writer->finish();
    return files;
  }
};

// Three images: one with boxes, one with nothing, one with polygons.
void draw_berries(DataSet& data) {
  data.project.id = "proj_1";
  data.project.name = "Berries \"2024\"";
  data.project.categories = {
      {0, 0, "berry, ripe", {}, {}}, {1, 1, "Blüte", {}, {}}, {4, 2, "葉", {}, {}}};
  data.add_image("asset_b", "berries, ripe.jpg", 200, 100);
  data.draw(BoundType::rectangle, 0, corners(0.25, 0.125, 0.75, 0.5));
  data.draw(BoundType::rectangle, 1, corners(0.5, 0.25, 0.5, 0.75));   // no width
  data.draw(BoundType::rectangle, 0, corners(-0.25, 0.5, 1.5, 1.25));  // beyond the image
  data.draw(BoundType::rectangle, 0, {});
  data.draw(BoundType::classification, 0, {});
  data.add_image("asset_a", "empty.png", 64, 48, Split::validate);
  data.add_image("asset_c", "Straße/Öl 1.jpg", 10, 8, Split::validate);
  data.draw(BoundType::polygon, 2, {{0.1, 0.125}, {0.9, 0.125}, {0.9, 0.75}, {0.5, 0.25}});
  data.draw(BoundType::polygon, 2, {{0.1, 0.125}, {0.9, 0.125}});
  data.draw(BoundType::rectangle, 2, corners(0.1, 0.25, 0.4, 0.5));
  data.draw(BoundType::polygon, 0, {{0.52, 0.52}, {0.54, 0.52}, {0.54, 0.54}});  // no centre
  data.draw(BoundType::polygon, 1, {{0.5, 0.5}, {1.5, 0.5}, {1.5, 1.5}, {0.5, 1.5}});
}

void draw_people(DataSet& data) {
  data.project.name = "People";
  data.project.type = "Keypoint";
  data.project.keypoints = 3;
  data.project.categories = {{0, 0, "person", {"nose", "tail, long", "左手"}, {{1, 2}, {2, 3}}},
                             {1, 1, "dog", {}, {}}};
  data.add_image("asset_p", "p.jpg", 100, 50);
  data.draw(BoundType::keypoints, 0, {{0.5, 0.5, 2}, {0.9, 0.9, 0}, {0.25, 0.75, 1}});
  data.draw(BoundType::keypoints, 1, {{0.125, 0.5, 2}, {0.25, 0.75, 2}});  // one is missing
  data.draw(BoundType::keypoints, 0, {{0.5, 0.5, 0}, {0.6, 0.5, 0}, {0.7, 0.5, 0}});
  data.draw(BoundType::rectangle, 0, corners(0, 0, 1, 1));
  data.add_image("asset_q", "q.jpg", 20, 20);
}

std::string golden(const std::string& name) {
  std::ifstream in(testing::in_source("tests/golden/coco/") + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

rapidjson::Document parsed(const std::string& json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(
      json.data(), json.size());
  EXPECT_FALSE(document.HasParseError()) << document.GetErrorOffset() << " in\n" << json;
  return document;
}

// The only file that was written.
const testing::MemoryFile& only(const testing::MemoryFiles& files) {
  EXPECT_EQ(files.files.size(), 1U);
  return files.files.at("annotations.json");
}

TEST(CocoTest, WritesBoxesAndPolygons) {
  DataSet data;
  draw_berries(data);
  const testing::MemoryFiles files = data.write(formats::coco);
  EXPECT_EQ(only(files).bytes, golden("coco.json"));
  EXPECT_EQ(only(files).annotations, 7);
  EXPECT_EQ(only(files).skipped, 3);
  EXPECT_EQ(files.skipped, (Left{{"annotation without an extent", {"annot_4"}},
                                 {"polygon of fewer than 3 points", {"annot_7"}}}));
  EXPECT_TRUE(files.left_out.empty());
}

TEST(CocoTest, WritesPolygonsAlone) {
  DataSet data;
  draw_berries(data);
  const testing::MemoryFiles files = data.write(formats::polygon_coco);
  EXPECT_EQ(only(files).bytes, golden("polygon_coco.json"));
  EXPECT_EQ(only(files).annotations, 3);
  EXPECT_EQ(only(files).skipped, 7);
  EXPECT_EQ(files.skipped, (Left{{"polygon of fewer than 3 points", {"annot_7"}}}));
}

TEST(CocoTest, WritesPolygonsAsMasks) {
  DataSet data;
  draw_berries(data);
  const testing::MemoryFiles files = data.write(formats::coco_rle);
  EXPECT_EQ(only(files).bytes, golden("coco_rle.json"));
  const rapidjson::Document document = parsed(only(files).bytes);
  // The alphabet of masks has the backslash in it.
  EXPECT_EQ(document["annotations"][1]["segmentation"]["counts"], "\\11S1");
  EXPECT_EQ(only(files).annotations, 3);
  EXPECT_EQ(only(files).skipped, 7);
}

TEST(CocoTest, WritesKeypoints) {
  DataSet data;
  draw_people(data);
  const testing::MemoryFiles files = data.write(formats::keypoints_coco);
  EXPECT_EQ(only(files).bytes, golden("keypoints_coco.json"));
  EXPECT_EQ(only(files).annotations, 3);
  EXPECT_EQ(only(files).skipped, 1);
  EXPECT_TRUE(files.skipped.empty());
}

TEST(CocoTest, SplitsWithoutNumberingAnew) {
  DataSet data;
  draw_berries(data);
  const testing::MemoryFiles files = data.write(formats::coco, 0.2);
  ASSERT_EQ(files.files.size(), 2U);
  EXPECT_EQ(files.files.at("train.json").bytes, golden("train.json"));
  EXPECT_EQ(files.files.at("validate.json").bytes, golden("validate.json"));
  EXPECT_EQ(files.files.at("train.json").annotations, 3);
  EXPECT_EQ(files.files.at("train.json").skipped, 2);
  EXPECT_EQ(files.files.at("validate.json").annotations, 4);
  EXPECT_EQ(files.files.at("validate.json").skipped, 1);
}

TEST(CocoTest, WritesFilesWithoutImages) {
  for (const Format* format :
       {&formats::coco, &formats::polygon_coco, &formats::keypoints_coco, &formats::coco_rle}) {
    DataSet data;
    const testing::MemoryFiles whole = data.write(*format), split = data.write(*format, 1);
    ASSERT_TRUE(split.files.contains("train.json"));
    ASSERT_TRUE(split.files.contains("validate.json"));
    EXPECT_EQ(split.files.size(), 2U);
    const std::string& json = only(whole).bytes;
    EXPECT_EQ(json, split.files.at("train.json").bytes);
    EXPECT_EQ(json, split.files.at("validate.json").bytes);
    const rapidjson::Document document = parsed(json);
    std::string keys;
    for (const auto& member : document.GetObject())
      keys += member.name.GetString() + std::string(" ");
    EXPECT_EQ(keys, "info images annotations categories ");
    EXPECT_TRUE(document["images"].Empty());
    EXPECT_TRUE(document["annotations"].Empty());
    EXPECT_TRUE(document["categories"].Empty());
  }
}

TEST(CocoTest, SaysWhatItAccepts) {
  const auto accepted = [](const Format& format) {
    const Traits traits = format.traits(Project{});
    EXPECT_TRUE(traits.needs_size);
    EXPECT_EQ(traits.class_ids, ClassIds::tag_index_plus_one);
    std::vector<BoundType> types;
    for (std::size_t i = 0; i < kBoundTypeCount; ++i) {
      if (traits.accepts[i]) types.push_back(static_cast<BoundType>(i));
    }
    return types;
  };
  using Types = std::vector<BoundType>;
  EXPECT_EQ(accepted(formats::coco), (Types{BoundType::rectangle, BoundType::polygon}));
  EXPECT_EQ(accepted(formats::polygon_coco), Types{BoundType::polygon});
  EXPECT_EQ(accepted(formats::coco_rle), Types{BoundType::polygon});
  EXPECT_EQ(accepted(formats::keypoints_coco), Types{BoundType::keypoints});
}

TEST(CocoTest, StaysJsonWhateverTheNames) {
  DataSet data;
  const std::string hostile("a\"b\\c\n\t\x01\x7f\xff\xc3 \xe2\x80\xa8\0z", 18);
  data.project.name = hostile;
  data.project.keypoints = 1;
  data.project.categories = {{0, 0, hostile, {hostile}, {{1, 1}}}};
  data.add_image(hostile, hostile, 4, 4);
  data.draw(BoundType::keypoints, 0, {{0.5, 0.5, 2}});
  data.pictures.back().annotations.back().id = hostile;
  const rapidjson::Document document = parsed(only(data.write(formats::keypoints_coco)).bytes);
  const std::string expected("a\"b\\c\n\t\x01\x7f\xef\xbf\xbd\xef\xbf\xbd \xe2\x80\xa8\0z", 22);
  const auto is_expected = [&](const rapidjson::Value& value) {
    EXPECT_EQ(std::string(value.GetString(), value.GetStringLength()), expected);
  };
  is_expected(document["info"]["description"]);
  is_expected(document["images"][0]["file_name"]);
  is_expected(document["images"][0]["asset_id"]);
  is_expected(document["annotations"][0]["annotation_id"]);
  is_expected(document["categories"][0]["name"]);
  is_expected(document["categories"][0]["keypoints"][0]);
}

TEST(CocoTest, LeavesOutWhatNoNumberHolds) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  DataSet data;
  data.project.keypoints = 2;
  data.project.categories = {{0, 0, "a", {}, {}}};
  data.add_image("asset_1", "a.jpg", 100, 100);
  data.draw(BoundType::rectangle, 0, corners(0, 0, kHuge, 1));
  data.draw(BoundType::rectangle, 0, corners(-kHuge / 2, 0, kHuge / 2, 1));
  data.draw(BoundType::rectangle, 0, corners(0, 0, 1e160, 1e160));  // their product is too much
  data.draw(BoundType::polygon, 0, {{0, 0}, {1, -kHuge}, {1, 1}});
  data.draw(BoundType::polygon, 0, {{0, 0}, {1, 0}, {1e300, 1e-300}});
  data.draw(BoundType::keypoints, 0, {{kHuge, 0.5, 2}});
  data.draw(BoundType::keypoints, 0, {{0.5, 0.5, 2}, {kHuge, kHuge, 0}});
  const std::string reason = "coordinates out of a number's range";
  const testing::MemoryFiles boxes = data.write(formats::coco);
  EXPECT_EQ(boxes.skipped, (Left{{reason, {"annot_1", "annot_2", "annot_3", "annot_4"}}}));
  EXPECT_EQ(parsed(only(boxes).bytes)["annotations"].Size(), 1U);
  const testing::MemoryFiles keypoints = data.write(formats::keypoints_coco);
  EXPECT_EQ(keypoints.skipped, (Left{{reason, {"annot_6"}}}));
  EXPECT_EQ(parsed(only(keypoints).bytes)["annotations"].Size(), 1U);
}

TEST(CocoTest, MakesNoMaskThatReadersCannotCount) {
  DataSet data;
  data.project.categories = {{0, 0, "a", {}, {}}};
  data.add_image("asset_1", "a.tif", 70'000, 70'000);
  data.draw(BoundType::polygon, 0, {{0, 0}, {1, 0}, {1, 1}});
  data.add_image("asset_2", "b.jpg", 4, 4);
  data.draw(BoundType::polygon, 0, {{0, 0}, {1, 0}, {1, 1}});
  const testing::MemoryFiles files = data.write(formats::coco_rle);
  EXPECT_EQ(files.skipped, (Left{{"image too large for a mask", {"annot_1"}}}));
  EXPECT_EQ(only(files).annotations, 1);
  EXPECT_EQ(parsed(only(files).bytes)["images"].Size(), 2U);
  EXPECT_EQ(only(data.write(formats::polygon_coco)).annotations, 2);
}

// More than fits the buffer, on one image and over many.
TEST(CocoTest, KeepsEveryAnnotationInItsPlace) {
  DataSet data;
  data.project.categories = {{0, 0, "a", {}, {}}, {1, 1, "b", {}, {}}};
  const int counts[] = {0, 5000, 1, 0, 1200, 3000};
  for (const int count : counts) {
    data.add_image("asset", "name", 640, 480, count % 2 == 0 ? Split::train : Split::validate);
    for (int i = 0; i < count; ++i) {
      const double at = static_cast<double>(i % 640) / 1280;
      data.draw(BoundType::rectangle, i % 2, corners(at, 0.1, at + 0.5, 0.7));
    }
  }
  const rapidjson::Document document = parsed(only(data.write(formats::coco)).bytes);
  const auto& annotations = document["annotations"];
  ASSERT_EQ(annotations.Size(), 9201U);
  std::int64_t number = 0;
  for (const auto& annotation : annotations.GetArray()) {
    ASSERT_EQ(annotation["id"].GetInt64(), ++number);
    ASSERT_EQ(annotation["annotation_id"].GetString(), "annot_" + std::to_string(number));
    ASSERT_EQ(annotation["bbox"][2].GetDouble() * annotation["bbox"][3].GetDouble(),
              annotation["area"].GetDouble());
    const auto image = annotation["image_id"].GetInt64();
    ASSERT_EQ(image, number <= 5000 ? 2 : number <= 5001 ? 3 : number <= 6201 ? 5 : 6);
  }
  const testing::MemoryFiles split = data.write(formats::coco, 0.5);
  EXPECT_EQ(parsed(split.files.at("train.json").bytes)["annotations"].Size(), 9200U);
  EXPECT_EQ(parsed(split.files.at("validate.json").bytes)["annotations"].Size(), 1U);
}

}  // namespace
}  // namespace nexus_mirror::exports
