// COCO's JSON (cocodataset.org, "Data format"): one notation for its four kinds. A record a line;
// the annotations, which stand after all images, wait in a scratch file.
#include <cmath>
#include <memory>
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "exports/formats/polygon.h"
#include "exports/formats/rle.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

using text::append_number;
using text::append_string;

constexpr std::size_t kBuffer = 64 * 1024;  // bytes of annotations that wait to be written

// What the formats differ in.
struct CocoKind {
  bool rectangles, polygons, keypoints;  // which it accepts
  bool masks;                            // polygons as runs of pixels, not as rings
};

constexpr CocoKind kBoxes{true, true, false, false};
constexpr CocoKind kRings{false, true, false, false};
constexpr CocoKind kKeypoints{false, false, true, false};
constexpr CocoKind kMasks{false, true, false, true};

// In pixels; x and y of the top left corner.
struct PixelBox {
  double x = 0, y = 0, width = 0, height = 0;
};

PixelBox pixel_box(const Box& box, const Image& image) {
  // To pixels first: boxes that were whole pixels come out whole.
  const Box pixels = in_pixels(box, image);
  return {pixels.xmin, pixels.ymin, pixels.xmax - pixels.xmin, pixels.ymax - pixels.ymin};
}

// Takes what is JSON already or a number that becomes it.
void append(std::string& json, std::string_view text) { json += text; }
void append(std::string& json, double pixels) { append_pixels(json, pixels); }
void append(std::string& json, std::int64_t number) { append_number(json, number); }

template <typename... Parts>
void append_all(std::string& json, const Parts&... parts) {
  (append(json, parts), ...);
}

class Coco : public Notation {
 public:
  // A file and its annotations, until they are appended to it.
  struct Set {
    std::unique_ptr<OutputFile> file;
    std::unique_ptr<ScratchFile> annotations;
    std::string waiting = {};  // for `annotations`
    bool has_images = false;
  };

  Coco(const WriterContext& context, const CocoKind& kind) : Notation(context), kind_(kind) {}

  Set begin(const ImageSet& which);
  OutputFile& start(Set& set, const Image& image);
  std::string_view add(Set& set, const Image& image, const Annotation& annotation);
  void complete(Set& /*set*/, const Image& image) { place(image_path(image), image); }
  void close(Set& set);

  static Traits traits(const Project& project, const CocoKind& kind);

 private:
  // Why `annotation` cannot be said in this format; empty if it can. Fills box_, area_ and ring_.
  std::string_view measure(const Image& image, const Annotation& annotation);
  void append_annotation(std::string& json, const Image& image, const Annotation& annotation);
  void append_segmentation(std::string& json, const Image& image);
  void append_keypoints(std::string& json, const Image& image, std::span<const Point> points);
  std::string categories() const;

  const CocoKind& kind_;
  std::string line_;  // of an image
  // Of the annotation that is being written, in pixels.
  PixelBox box_;
  double area_ = 0;
  Ring ring_;         // of a polygon or a turned rectangle; else empty
  std::string mask_;  // of ring_
};

Coco::Set Coco::begin(const ImageSet& which) {
  Set set{context_.files.create(std::string(which.name()) + ".json"), context_.files.scratch()};
  line_ = "{\n\"info\":{\"description\":";
  append_string(line_, context_.project.name);
  line_ += ",\"version\":\"1.0\"},\n\"images\":[";
  set.file->write(line_);
  return set;
}

OutputFile& Coco::start(Set& set, const Image& image) {
  line_ = set.has_images ? ",\n" : "\n";
  set.has_images = true;
  append_all(line_, "{\"id\":", image.number, ",\"file_name\":");
  append_string(line_, image.name);
  append_all(line_, ",\"width\":", image.width, ",\"height\":", image.height, ",\"asset_id\":");
  append_string(line_, image.asset_id);
  line_ += '}';
  set.file->write(line_);
  return *set.file;
}

std::string_view Coco::add(Set& set, const Image& image, const Annotation& annotation) {
  const std::string_view reason = measure(image, annotation);
  if (!reason.empty()) return reason;
  set.waiting += set.file->annotations == 0 ? "\n" : ",\n";
  append_annotation(set.waiting, image, annotation);
  if (set.waiting.size() >= kBuffer) {
    set.annotations->write(set.waiting);
    set.waiting.clear();
  }
  return {};
}

std::string_view Coco::measure(const Image& image, const Annotation& annotation) {
  const bool polygon = annotation.type == BoundType::polygon;
  // Readers take a ring of 2 points, which is 4 numbers, for a box.
  if (polygon && annotation.points.size() < 3) return reasons::kFewPoints;
  if (kind_.keypoints && !annotation.points.empty()) {
    box_ = annotation.box ? pixel_box(*annotation.box, image) : PixelBox{};
  } else if (annotation.box) {
    box_ = pixel_box(*annotation.box, image);
  } else {
    return reasons::kWithoutExtent;
  }
  area_ = box_.width * box_.height;
  // JSON has no infinity, and neither do readers.
  bool finite = std::isfinite(area_) && std::isfinite(box_.x) && std::isfinite(box_.y);
  ring_.clear();
  if (annotation.type != BoundType::keypoints && !annotation.points.empty()) {
    to_pixels(annotation.points, image.width, image.height, ring_);
    area_ = covered_area(ring_);
    finite = finite && std::isfinite(area_);
  }
  if (!finite) return reasons::kOutOfRange;
  if (kind_.masks && !fits_mask(image.width, image.height)) return reasons::kMaskTooLarge;
  return {};
}

void Coco::append_annotation(std::string& json, const Image& image, const Annotation& annotation) {
  append_all(json, "{\"id\":", annotation.number, ",\"image_id\":", image.number,
             ",\"category_id\":", annotation.category->tag_index + 1, ",\"bbox\":[", box_.x, ",",
             box_.y, ",", box_.width, ",", box_.height, "],\"area\":", area_, ",\"segmentation\":");
  append_segmentation(json, image);
  json += ",\"iscrowd\":0";
  if (kind_.keypoints) append_keypoints(json, image, annotation.points);
  json += ",\"annotation_id\":";
  append_string(json, annotation.id);
  json += '}';
}

void Coco::append_segmentation(std::string& json, const Image& image) {
  if (ring_.empty()) {
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
void Coco::append_keypoints(std::string& json, const Image& image, std::span<const Point> points) {
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
  json += ",\"keypoints\":[";
  for (std::int64_t i = 0; i < keypoints; ++i) {
    if (i > 0) json += ',';
    append_string(json, i < std::ssize(category.keypoint_names)
                            ? category.keypoint_names[static_cast<std::size_t>(i)]
                            : "keypoint_" + std::to_string(i + 1));
  }
  json += "],\"skeleton\":[";
  for (const auto& [from, to] : category.skeleton) {
    if (&from != &category.skeleton.front().first) json += ',';
    append_all(json, "[", from, ",", to, "]");
  }
  json += ']';
}

std::string Coco::categories() const {
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

void Coco::close(Set& set) {
  set.annotations->write(set.waiting);
  set.file->write("\n],\n\"annotations\":[");
  set.file->append(*set.annotations);
  set.file->write("\n],\n\"categories\":[" + categories() + "\n]\n}\n");
  set.file->close();
}

Traits Coco::traits(const Project& /*project*/, const CocoKind& kind) {
  Traits traits = accepting({}, true, ClassIds::tag_index_plus_one);
  traits.accepts[static_cast<std::size_t>(BoundType::rectangle)] = kind.rectangles;
  traits.accepts[static_cast<std::size_t>(BoundType::polygon)] = kind.polygons;
  traits.accepts[static_cast<std::size_t>(BoundType::keypoints)] = kind.keypoints;
  return traits;
}

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::coco = format_of<Coco, &kBoxes>();
const Format formats::polygon_coco = format_of<Coco, &kRings>();
const Format formats::keypoints_coco = format_of<Coco, &kKeypoints>();
const Format formats::coco_rle = format_of<Coco, &kMasks>();

}  // namespace nexus_mirror::exports
