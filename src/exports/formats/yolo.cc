// Format `yolo`: what Ultralytics reads. The images belong into images/train and images/val, named
// as the label files are. A label file per image in the layout of the project's type:
//   detect   class cx cy w h
//   segment  class x1 y1 x2 y2 ...
//   pose     class cx cy w h, then x y visibility of each keypoint
// All 0..1: Ultralytics drops an image with a coordinate beyond, so what reaches beyond is clipped.
#include <string>

#include "exports/formats/box.h"
#include "exports/formats/format_writer.h"
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

std::string_view append_segment(std::string& line, const Project&, const Annotation& annotation) {
  if (annotation.points.size() < 3) return reasons::kFewPoints;
  if (!annotation.box) return reasons::kWithoutExtent;
  if (!clipped(*annotation.box)) return reasons::kOutside;
  text::append_number(line, annotation.category->line);
  for (const Point& point : annotation.points) append_point(line, point);
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
  BoundType bound_type;
  AppendLine append;
};

constexpr YoloLayout kDetect{BoundType::rectangle, append_detect};
constexpr YoloLayout kSegment{BoundType::polygon, append_segment};
constexpr YoloLayout kPose{BoundType::keypoints, append_pose};

const YoloLayout& layout_of(const Project& project) {
  if (project.type == objects::kKeypoint) return kPose;
  if (project.type == objects::kInstanceSegmentation) return kSegment;
  return kDetect;
}

class Yolo : public FilePerImage {
 public:
  explicit Yolo(const WriterContext& context)
      : FilePerImage(context, ".txt"), append_(layout_of(context.project).append) {}

  Set begin(const ImageSet& which) {
    return {which.split == Split::validate ? "labels/val/" : "labels/train/"};
  }

  std::string_view add(Set& /*set*/, const Image& /*image*/, const Annotation& annotation) {
    const std::string_view reason = append_(text_, context_.project, annotation);
    if (reason.empty()) text_ += '\n';
    return reason;
  }

  // No `path` in data.yaml: the folders are taken from where it stands.
  void finish() {
    const Project& project = context_.project;
    const bool split = context_.settings.split_ratio > 0;
    std::string yaml = "train: images/train\nval: images/";
    yaml += split ? "val\n" : "train\n";
    if (layout_of(project).bound_type == BoundType::keypoints) {
      text::append_number(yaml += "kpt_shape: [", project.keypoints);
      yaml += ", 3]\n";
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
    return accepting({layout_of(project).bound_type}, false, ClassIds::line);
  }

 private:
  const AppendLine append_;
};

}  // namespace
}  // namespace nexus_mirror::exports::formats

namespace nexus_mirror::exports {

const Format formats::yolo = format_of<Yolo>();

}  // namespace nexus_mirror::exports
