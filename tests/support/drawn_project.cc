#include "support/drawn_project.h"

#include "exports/file_names.h"

#include <algorithm>

namespace nexus_mirror::testing {
namespace {

using exports::Annotation;
using exports::BoundType;
using exports::Box;
using exports::Image;
using exports::Point;

std::optional<Box> extent(const DrawnAnnotation& drawn) {
  std::optional<Box> box;
  for (const Point& point : drawn.points) {
    if (drawn.type == BoundType::keypoints && point.visibility <= 0) continue;
    if (!box) box = Box{point.x, point.y, point.x, point.y};
    box->xmin = std::min(box->xmin, point.x);
    box->ymin = std::min(box->ymin, point.y);
    box->xmax = std::max(box->xmax, point.x);
    box->ymax = std::max(box->ymax, point.y);
  }
  return box;
}

}  // namespace

DrawnAnnotation rectangle(std::string id, std::size_t category, Box box) {
  return {std::move(id),
          BoundType::rectangle,
          category,
          {{box.xmin, box.ymin}, {box.xmin, box.ymax}, {box.xmax, box.ymax}, {box.xmax, box.ymin}}};
}

DrawnProject hard_to_say(const std::string& type) {
  DrawnProject drawn;
  drawn.project = {"proj_1",
                   "Hard to say",
                   type,
                   {{0, 0, "cat", {}, {}},
                    {2, 1, "big, \"red\" dog", {}, {}},
                    {5, 2, "J\u00e4ger\n\u65e5\u672c", {}, {}}},
                   false,
                   3};
  drawn.images = {
      {"a.jpg",
       "a",
       800,
       400,
       exports::Split::train,
       {rectangle("in", 0, {0.125, 0.25, 0.625, 0.75}),
        rectangle("beyond", 1, {-0.25, 0.5, 0.5, 1.5}),
        rectangle("flat", 2, {0.25, 0.5, 0.25, 0.5}),
        rectangle("outside", 0, {1.0, 0.25, 1.5, 0.75}),
        {"nowhere", BoundType::rectangle, 0, {}},
        {"triangle", BoundType::polygon, 0, {{0.25, 0.25}, {0.5, 0.25}, {0.5, 1.25}}},
        {"line", BoundType::polygon, 1, {{0.25, 0.25}, {0.5, 0.75}}},
        {"pose", BoundType::keypoints, 0, {{0.25, 0.25, 2}, {0.75, 0.75, 0}, {1.25, 0.5, 1}}},
        {"short", BoundType::keypoints, 2, {{0.5, 0.5, 2}}},
        {"unseen", BoundType::keypoints, 0, {{0.5, 0.5, 0}, {0.75, 0.5, 0}}},
        {"label 1", BoundType::classification, 1, {}},
        {"label 2", BoundType::classification, 2, {}},
        {"solid", BoundType::bitmask3d, 0, {{0, 0}}}}},
      {"b, \"\u00fc\".png", "b_ \u00fc", 64, 64, exports::Split::validate, {}},
      {"c.jpg", "c", 0, 0, exports::Split::train, {rectangle("sizeless", 1, {0, 0, 0.5, 0.5})}},
      {"d e.jpg",
       "d e",
       800,
       400,
       exports::Split::validate,
       {rectangle("late", 1, {0.5, 0.5, 1, 1})}}};
  return drawn;
}

MemoryFiles written(const exports::Format& format, const DrawnProject& drawn,
                    const exports::FormatSettings& settings) {
  MemoryFiles files;
  const exports::Traits traits = format.traits(drawn.project);
  const auto writer = format.make({drawn.project, settings, traits, files, files});
  std::int64_t number = 0;
  Image image;
  for (const DrawnImage& given : drawn.images) {
    ++image.number;
    const std::string asset_id = "asset_" + given.stem;
    image.asset_id = asset_id;
    std::string name = given.name, stem = given.stem;
    if (!exports::fits(format.names, name, stem)) {
      stem = exports::fitting(format.names, exports::with_id(stem, asset_id, false));
      name = stem + exports::safe_extension(name);
    }
    image.name = name;
    image.stem = stem;
    image.width = given.width;
    image.height = given.height;
    image.split = settings.split.split_ratio > 0 ? given.split : exports::Split::train;
    image.skipped = 0;
    std::vector<Annotation> annotations;
    for (const DrawnAnnotation& one : given.annotations) {
      ++number;
      if (!traits.accepts[static_cast<std::size_t>(one.type)]) {
        ++image.skipped;
        continue;
      }
      // These rectangles are upright: their box says them.
      std::span<const Point> points = one.points;
      if (one.type == BoundType::rectangle) points = {};
      annotations.push_back(
          {number, one.id, one.type, &drawn.project.categories[one.category], points, extent(one)});
    }
    if (traits.needs_size && given.width == 0) continue;
    writer->write(image, annotations);
  }
  writer->finish();
  return files;
}

exports::FormatSettings whole() { return {}; }

exports::FormatSettings split() {
  exports::FormatSettings settings;
  settings.split.split_ratio = 0.5;
  return settings;
}

}  // namespace nexus_mirror::testing
