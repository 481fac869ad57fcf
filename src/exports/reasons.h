// Why annotations and images are left out: every reason that a manifest may give, once. Users read
// them in manifest.json ("skipped", "images_left_out", "approximated") and group by them, so they
// bear no ids.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::exports::reasons {

// Of annotations, whatever the format is.
inline constexpr std::string_view kUnknownTag = "tag that the project does not list";
inline constexpr std::string_view kUnknownAsset = "asset that the mirror does not have";
// "bound type Polygon in this format"; `type` is one of objects::kBoundTypes or "unknown".
inline std::string bound_type(std::string_view type) {
  return "bound type " + std::string(type) + " in this format";
}

// Of annotations that a format cannot say.
inline constexpr std::string_view kWithoutExtent = "annotation without an extent";
inline constexpr std::string_view kOutside = "annotation wholly outside the image";
inline constexpr std::string_view kOutOfRange = "coordinates out of a number's range";
inline constexpr std::string_view kFewPoints = "polygon of fewer than 3 points";
inline constexpr std::string_view kNoVisiblePoint = "keypoints of which none is labelled";
inline constexpr std::string_view kMaskTooLarge = "image too large for a mask";
inline constexpr std::string_view kWithoutFrame = "annotation of a video without its frame";
inline constexpr std::string_view kOnNoPicture = "annotation on a file that is no picture";

// Of images, and of the annotations on them.
inline constexpr std::string_view kUnknownSize = "image of unknown size";

// Of images.
inline constexpr std::string_view kNoFrames = "video without a frame that has annotations";
inline constexpr std::string_view kNoPicture = "file that is no picture";
inline constexpr std::string_view kWithoutRow = "image without an annotation of this format";

inline constexpr std::string_view kWithoutClass = "image without a class";
// In folders of classes, which readers go through by extension.
inline constexpr std::string_view kNotLoadable = "image of a kind that torchvision passes over";

// Of images of which a format says one class, and of the annotations on them.
inline constexpr std::string_view kSeveralClasses = "image of several classes";

// Why annotations are in the files as something else than they are ("approximated").
inline constexpr std::string_view kPolygonAsBox = "polygon by its extent";
inline constexpr std::string_view kTurnedAsBox = "turned rectangle by its extent";
inline constexpr std::string_view kBoxAsPolygon = "rectangle by its four corners";

}  // namespace nexus_mirror::exports::reasons
