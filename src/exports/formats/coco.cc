// COCO's JSON (cocodataset.org, "Data format"): one Writer for its four kinds. A record a line; the
// annotations, which stand after all images, wait in a scratch file.
#include <array>
#include <cmath>
#include <memory>
#include <optional>
#include <string>

#include "exports/formats/formats.h"
#include "exports/formats/polygon.h"
#include "exports/formats/rle.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

using text::append_number;
using text::append_string;

constexpr std::size_t kBuffer = 64 * 1024;  // bytes of annotations that wait to be written

// What the formats differ in.
struct Kind {
  bool rectangles, polygons, keypoints;  // which it accepts
  bool masks;                            // polygons as runs of pixels, not as rings
};

constexpr Kind kBoxes{true, true, false, false};
constexpr Kind kRings{false, true, false, false};
constexpr Kind kKeypoints{false, false, true, false};
constexpr Kind kMasks{false, true, false, true};

// In pixels; x and y of the top left corner.
struct PixelBox {
  double x = 0, y = 0, width = 0, height = 0;
};

PixelBox in_pixels(const Box& box, const Image& image) {
  const auto width = static_cast<double>(image.width);
  const auto height = static_cast<double>(image.height);
  // To pixels first: boxes that were whole pixels come out whole.
  const double x = box.xmin * width, y = box.ymin * height;
  return {x, y, box.xmax * width - x, box.ymax * height - y};
}

// Takes what is JSON already or a number that becomes it.
void append(std::string& json, std::string_view text) { json += text; }
void append(std::string& json, double number) { append_number(json, number); }
void append(std::string& json, std::int64_t number) { append_number(json, number); }

template <typename... Parts>
void append_all(std::string& json, const Parts&... parts) {
  (append(json, parts), ...);
}

class CocoWriter : public Writer {
 public:
  CocoWriter(const WriterContext& context, const Kind& kind) : context_(context), kind_(kind) {
    open(sets_[0].emplace(), Split::train);
    if (context.settings.split_ratio > 0) open(sets_[1].emplace(), Split::validate);
  }

  void write(const Image& image, std::span<const Annotation> annotations) override;
  void finish() override;

 private:
  // A file and its annotations, until they are appended to it.
  struct Set {
    std::unique_ptr<OutputFile> file;
    std::unique_ptr<ScratchFile> annotations;
    std::string waiting;  // for `annotations`
    bool has_images = false;
  };

  void open(Set& set, Split split);
  void write_image(Set& set, const Image& image);
  // Why `annotation` cannot be said in this format; empty if it can. Fills box_, area_ and ring_.
  std::string_view measure(const Image& image, const Annotation& annotation);
  void append_annotation(std::string& json, const Image& image, const Annotation& annotation);
  void append_segmentation(std::string& json, const Image& image, const Annotation& annotation);
  void append_keypoints(std::string& json, const Image& image, std::span<const Point> points);
  std::string categories() const;

  WriterContext context_;
  const Kind kind_;
  std::array<std::optional<Set>, 2> sets_;  // by Split; the second only where there is a split
  std::string line_;                        // of an image
  // Of the annotation that is being written, in pixels.
  PixelBox box_;
  double area_ = 0;
  Ring ring_;         // of a polygon
  std::string mask_;  // of ring_
};

void CocoWriter::open(Set& set, Split split) {
  set.file = context_.files.create(std::string(set_name(context_.settings, split)) + ".json");
  set.annotations = context_.files.scratch();
  line_ = "{\n\"info\":{\"description\":";
  append_string(line_, context_.project.name);
  line_ += ",\"version\":\"1.0\"},\n\"images\":[";
  set.file->write(line_);
}

void CocoWriter::write(const Image& image, std::span<const Annotation> annotations) {
  std::optional<Set>& validate = sets_[1];
  Set& set = validate && image.split == Split::validate ? *validate : *sets_[0];
  write_image(set, image);
  set.file->skipped += image.skipped;
  for (const Annotation& annotation : annotations) {
    const std::string_view reason = measure(image, annotation);
    if (!reason.empty()) {
      context_.tally.skip(annotation.id, reason);
      ++set.file->skipped;
      continue;
    }
    set.waiting += set.file->annotations == 0 ? "\n" : ",\n";
    ++set.file->annotations;
    append_annotation(set.waiting, image, annotation);
    if (set.waiting.size() < kBuffer) continue;
    set.annotations->write(set.waiting);
    set.waiting.clear();
  }
}

void CocoWriter::write_image(Set& set, const Image& image) {
  line_ = set.has_images ? ",\n" : "\n";
  set.has_images = true;
  append_all(line_, "{\"id\":", image.number, ",\"file_name\":");
  append_string(line_, image.name);
  append_all(line_, ",\"width\":", image.width, ",\"height\":", image.height, ",\"asset_id\":");
  append_string(line_, image.asset_id);
  line_ += '}';
  set.file->write(line_);
}

std::string_view CocoWriter::measure(const Image& image, const Annotation& annotation) {
  const bool polygon = annotation.type == BoundType::polygon;
  // Readers take a ring of 2 points, which is 4 numbers, for a box.
  if (polygon && annotation.points.size() < 3) return "polygon of fewer than 3 points";
  if (kind_.keypoints) {
    box_ = annotation.box ? in_pixels(*annotation.box, image) : PixelBox{};
  } else if (annotation.box) {
    box_ = in_pixels(*annotation.box, image);
  } else {
    return "bound without points";
  }
  area_ = box_.width * box_.height;
  // JSON has no infinity, and neither do readers.
  bool finite = std::isfinite(area_) && std::isfinite(box_.x) && std::isfinite(box_.y);
  if (polygon) {
    to_pixels(annotation.points, image.width, image.height, ring_);
    area_ = area(ring_);
    finite = finite && std::isfinite(area_);
  }
  if (!finite) return "coordinates too large for pixels";
  if (kind_.masks && !fits_mask(image.width, image.height)) return "image too large for a mask";
  return {};
}

void CocoWriter::append_annotation(std::string& json, const Image& image,
                                   const Annotation& annotation) {
  append_all(json, "{\"id\":", annotation.number, ",\"image_id\":", image.number,
             ",\"category_id\":", annotation.category->tag_index + 1, ",\"bbox\":[", box_.x, ",",
             box_.y, ",", box_.width, ",", box_.height, "],\"area\":", area_, ",\"segmentation\":");
  append_segmentation(json, image, annotation);
  json += ",\"iscrowd\":0";
  if (kind_.keypoints) append_keypoints(json, image, annotation.points);
  json += ",\"annotation_id\":";
  append_string(json, annotation.id);
  json += '}';
}

void CocoWriter::append_segmentation(std::string& json, const Image& image,
                                     const Annotation& annotation) {
  if (annotation.type != BoundType::polygon) {
    json += "[]";
  } else if (kind_.masks) {
    mask_.clear();
    append_mask(mask_, ring_, image.width, image.height);
    append_all(json, "{\"size\":[", image.height, ",", image.width, "],\"counts\":");
    append_string(json, mask_);
    json += '}';
  } else {
    json += "[[";
    for (const Pixel& point : ring_) {
      if (&point != ring_.data()) json += ',';
      append_all(json, point.x, ",", point.y);
    }
    json += "]]";
  }
}

// As many as the project's longest, for a reader expects one number of them per category.
void CocoWriter::append_keypoints(std::string& json, const Image& image,
                                  std::span<const Point> points) {
  std::int64_t visible = 0;
  json += ",\"keypoints\":[";
  for (std::size_t i = 0; i < static_cast<std::size_t>(context_.project.keypoints); ++i) {
    if (i > 0) json += ',';
    if (i >= points.size() || points[i].visibility <= 0) {
      json += "0,0,0";
      continue;
    }
    ++visible;
    append_all(json, points[i].x * static_cast<double>(image.width), ",",
               points[i].y * static_cast<double>(image.height), ",",
               std::int64_t{points[i].visibility});
  }
  append_all(json, "],\"num_keypoints\":", visible);
}

void append_names(std::string& json, const Category& category, std::int64_t keypoints) {
  const bool named = std::ssize(category.keypoint_names) == keypoints;
  json += ",\"keypoints\":[";
  for (std::int64_t i = 0; i < keypoints; ++i) {
    if (i > 0) json += ',';
    append_string(json, named ? category.keypoint_names[static_cast<std::size_t>(i)]
                              : "keypoint_" + std::to_string(i + 1));
  }
  json += "],\"skeleton\":[";
  for (const auto& [from, to] : category.skeleton) {
    if (&from != &category.skeleton.front().first) json += ',';
    append_all(json, "[", from, ",", to, "]");
  }
  json += ']';
}

std::string CocoWriter::categories() const {
  std::string json;
  for (const Category& category : context_.project.categories) {
    append_all(json, json.empty() ? "\n" : ",\n", "{\"id\":", category.tag_index + 1, ",\"name\":");
    append_string(json, category.name);
    json += ",\"supercategory\":\"\"";
    if (kind_.keypoints) append_names(json, category, context_.project.keypoints);
    json += '}';
  }
  return json;
}

void CocoWriter::finish() {
  const std::string categories_text = categories();
  for (std::optional<Set>& set : sets_) {
    if (!set) continue;
    set->annotations->write(set->waiting);
    set->file->write("\n],\n\"annotations\":[");
    set->file->append(*set->annotations);
    set->file->write("\n],\n\"categories\":[" + categories_text + "\n]\n}\n");
    set->file->close();
  }
}

template <const Kind& kKind>
Traits traits(const Project&) {
  Traits traits;
  const auto accept = [&](BoundType type, bool accepted) {
    traits.accepts[static_cast<std::size_t>(type)] = accepted;
  };
  accept(BoundType::rectangle, kKind.rectangles);
  accept(BoundType::polygon, kKind.polygons);
  accept(BoundType::keypoints, kKind.keypoints);
  traits.needs_size = true;
  traits.class_ids = ClassIds::tag_index_plus_one;
  return traits;
}

template <const Kind& kKind>
std::unique_ptr<Writer> make(const WriterContext& context) {
  return std::make_unique<CocoWriter>(context, kKind);
}

}  // namespace

const Format coco{"coco", traits<kBoxes>, make<kBoxes>};
const Format polygon_coco{"polygon_coco", traits<kRings>, make<kRings>};
const Format keypoints_coco{"keypoints_coco", traits<kKeypoints>, make<kKeypoints>};
const Format coco_rle{"coco_rle", traits<kMasks>, make<kMasks>};

}  // namespace nexus_mirror::exports::formats
