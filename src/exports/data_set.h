// What is exported, as every format sees it: a project, its images in their order, and what is
// drawn on them. Plain values; texts live as long as the call that hands them over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus_mirror::exports {

// A point of a bound: 0..1 of the image's width and height, though beyond where the server says so.
struct Point {
  double x = 0, y = 0;
  int visibility = 2;  // of keypoints (COCO): 0 not labelled, 1 hidden, 2 visible
};

// The extent of a bound, 0..1 as Point; of keypoints with visibility above 0.
struct Box {
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};

// In the order of objects::kBoundTypes.
enum class BoundType { rectangle, polygon, classification, keypoints, bitmask3d, other };
inline constexpr std::size_t kBoundTypeCount = 6;

// A class. Order: by tag index; where the project has only names, by their place.
struct Category {
  std::int64_t tag_index = 0;
  std::int64_t line = 0;  // place among the categories, from 0
  std::string name;
  std::vector<std::string> keypoint_names;                      // as many as keypoints has
  std::vector<std::pair<std::int64_t, std::int64_t>> skeleton;  // pairs of keypoints, from 1
};

struct Project {
  std::string id, name;
  std::string type;  // one of objects::kProjectTypes, or as sent
  std::vector<Category> categories;
  std::optional<std::int64_t> unnamed_tag;  // index of one whose meaning nobody knows
  std::int64_t keypoints =
      0;  // the most that an annotation of the project, or a list of names, has
};

struct Annotation {
  std::int64_t number = 0;  // from 1 over the whole project, the same in every file
  std::string_view id;
  BoundType type = BoundType::other;
  const Category* category = nullptr;  // never null
  // The bound as the server sent it; of a rectangle its corners where it is turned, else none.
  std::span<const Point> points;
  std::optional<Box> box;  // none where the bound has no point that counts
};

enum class Split { train, validate, test };

// What a format's readers ask of the names of images.
enum class NameRule {
  any,
  without_blanks,  // they part lines at blanks
  darknet,         // they make the path of the labels of an image's, replacing parts of it
};
inline constexpr std::size_t kNameRuleCount = 3;

// What a format of pictures makes of an asset.
enum class Medium {
  picture,  // an image; also each frame of a video that has annotations
  video,    // one without such a frame
  other,    // a volume, say
};

// An asset that is a picture, or a frame of one that is a video.
struct Image {
  std::int64_t number = 0;  // from 1 over the whole project
  Medium medium = Medium::picture;
  std::string_view asset_id;
  // The name to write into files: the asset's filename, but where this would lead outside a folder,
  // is an older asset's as well or does not fit the format's NameRule, `stem` and the extension.
  std::string_view name;
  std::string_view stem;               // for files of its own, without extension; unlike any other
  std::int64_t width = 0, height = 0;  // pixels, above 0; 0 = not known (see Traits::needs_size)
  std::string_view mime_type;          // may be empty
  Split split = Split::train;
  std::int64_t skipped = 0;  // its annotations that this format is not for
  bool frame = false;        // of a video: there is no such image to be had
  std::string_view content =
      {};  // SHA-256 of its file; empty where it is not here, or not asked for
};

}  // namespace nexus_mirror::exports
