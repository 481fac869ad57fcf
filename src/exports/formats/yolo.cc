// Format `yolo`: what Ultralytics reads. The images belong into images/train, images/val and
// images/test, named as the label files are, and data.yaml names lists of them: a list leads to
// `./images/<set>/<file>`, seen from itself, and Ultralytics finds the labels by putting `labels`
// for the last `images` of a path, and .txt for the extension. So images that lie there without
// being of the set do no harm, and neither does a folder that is a link.
//
// A label file per image in the layout of the project's type:
//   detect   class cx cy w h
//   segment  class x1 y1 x2 y2 ...
//   pose     class cx cy w h, then x y visibility of each keypoint
// All 0..1: Ultralytics drops an image with a coordinate beyond, so what reaches beyond is clipped.
#include <array>
#include <string>
#include <vector>

#include "exports/formats/box.h"
#include "exports/formats/flips.h"
#include "exports/formats/format_writer.h"
#include "exports/formats/lines.h"
#include "exports/formats/yaml.h"
#include "objects/enumerations.h"
#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

// Append the line of an annotation, without its end. Return why nothing was appended, "" when the
// line was.
using AppendLine = std::string_view (*)(std::string& line, const Project& project,
                                        const Annotation& annotation);

std::string_view append_detect(std::string& line, const Project&, const Annotation& annotation) {
  if (!annotation.box) return reasons::kWithoutExtent;
  const auto inside = clipped(*annotation.box);
  if (!inside) return reasons::kOutside;
  append_yolo_box(line, annotation.category->line, *inside);
  return {};
}

void append_point(std::string& line, const Point& point) {
  text::append_number(line.append(1, ' '), clamped(point.x));
  text::append_number(line.append(1, ' '), clamped(point.y));
}

// A rectangle is the ring of its corners.
std::string_view append_segment(std::string& line, const Project&, const Annotation& annotation) {
  const bool upright = annotation.type == BoundType::rectangle && annotation.points.empty();
  if (!upright && annotation.points.size() < 3) return reasons::kFewPoints;
  if (!annotation.box) return reasons::kWithoutExtent;
  const Box& box = *annotation.box;
  if (!clipped(box)) return reasons::kOutside;
  text::append_number(line, annotation.category->line);
  const std::array<Point, 4> corners = {
      {{box.xmin, box.ymin}, {box.xmax, box.ymin}, {box.xmax, box.ymax}, {box.xmin, box.ymax}}};
  const std::span<const Point> ring = upright ? std::span<const Point>(corners) : annotation.points;
  for (const Point& point : ring) append_point(line, point);
  return {};
}

std::string_view append_pose(std::string& line, const Project& project,
                             const Annotation& annotation) {
  if (!annotation.box) return reasons::kNoVisiblePoint;
  const auto inside = clipped(*annotation.box);
  if (!inside) return reasons::kOutside;
  append_yolo_box(line, annotation.category->line, *inside);
  for (std::size_t i = 0; i < static_cast<std::size_t>(project.keypoints); ++i) {
    if (i >= annotation.points.size() || annotation.points[i].visibility <= 0) {
      line += " 0 0 0";
      continue;
    }
    append_point(line, annotation.points[i]);
    text::append_number(line.append(1, ' '), std::int64_t{annotation.points[i].visibility});
  }
  return {};
}

struct YoloLayout {
  AppendLine append;
  Shapes shapes;
  bool keypoints;  // rather than rectangles and polygons
};

constexpr YoloLayout kDetect{append_detect, Shapes::upright_boxes, false};
constexpr YoloLayout kSegment{append_segment, Shapes::rings, false};
constexpr YoloLayout kPose{append_pose, Shapes::as_they_are, true};

const YoloLayout& layout_of(const Project& project) {
  if (project.type == objects::kKeypoint) return kPose;
  if (project.type == objects::kInstanceSegmentation) return kSegment;
  return kDetect;
}

class Yolo : public FilePerImage {
 public:
  struct Set : FilePerImage::Set {
    std::string_view name;
  };

  explicit Yolo(const WriterContext& context)
      : FilePerImage(context, ".txt"), append_(layout_of(context.project).append) {}

  Set begin(const ImageSet& which) {
    Set set;
    set.name = short_name(which.split);
    set.folder = "labels/" + std::string(set.name) + "/";
    set.lists.push_back(context_.files.create(std::string(set.name) + ".txt"));
    return set;
  }

  std::string_view add(Set& /*set*/, const Image& /*image*/, const Annotation& annotation) {
    const std::string_view reason = append_(text_, context_.project, annotation);
    if (reason.empty()) text_ += '\n';
    return reason;
  }

  void complete(Set& set, const Image& image) {
    FilePerImage::complete(set, image);
    const std::string path =
        "images/" + std::string(set.name) + "/" + std::string(image.stem).append(extension(image));
    for (const auto& list : set.lists) list->write("./" + path + '\n');
    place(path, image);
  }

  // No `path` in data.yaml: the lists are taken from where it stands.
  void finish() {
    const Project& project = context_.project;
    const SplitSettings& split = context_.settings.split;
    std::string yaml = "train: train.txt\nval: ";
    yaml += has_set(split, Split::validate) ? "val.txt\n" : "train.txt\n";
    if (has_set(split, Split::test)) yaml += "test: test.txt\n";
    if (layout_of(project).keypoints) {
      text::append_number(yaml += "kpt_shape: [", project.keypoints);
      yaml += ", 3]\n";
      append_flips(yaml);
    }
    text::append_number(yaml += "nc: ", std::ssize(project.categories));
    yaml += project.categories.empty() ? "\nnames: {}\n" : "\nnames:\n";
    for (const Category& category : project.categories) {
      text::append_number(yaml += "  ", category.line);
      append_yaml_string(yaml += ": ", category.name);
      yaml += '\n';
    }
    write_file("data.yaml", yaml);
  }

  static Traits traits(const Project& project) {
    const YoloLayout& layout = layout_of(project);
    Traits traits = layout.keypoints ? accepting({BoundType::keypoints}, false, ClassIds::line)
                                     : accepting_boxes(false, ClassIds::line);
    traits.shapes = layout.shapes;
    return traits;
  }

 private:
  // Ultralytics passes over files of other extensions in silence.
  static std::string_view extension(const Image& image) {
    static constexpr std::array<std::string_view, 11> kLoadable = {
        ".bmp", ".dng", ".heic", ".jpeg", ".jpg", ".mpo", ".pfm", ".png", ".tif", ".tiff", ".webp"};
    return loadable_extension(image, kLoadable);
  }

  // Which keypoint each becomes in an image that is mirrored, where their names tell.
  void append_flips(std::string& yaml) const {
    const std::vector<std::int64_t> flips = flips_of(context_.project);
    if (flips.empty()) return;
    yaml += "flip_idx: [";
    for (std::size_t i = 0; i < flips.size(); ++i) {
      text::append_number(i == 0 ? yaml : yaml += ", ", flips[i]);
    }
    yaml += "]\n";
  }

  const AppendLine append_;
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::yolo = format_of<Yolo>();

}  // namespace nexus_mirror::exports
