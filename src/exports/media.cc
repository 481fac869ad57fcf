#include "exports/media.h"

#include <algorithm>
#include <array>
#include <string>

#include "exports/file_names.h"
#include "text/ascii.h"

namespace nexus_mirror::exports {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPictures = {".jpg"sv,  ".jpeg"sv, ".png"sv,  ".bmp"sv,  ".gif"sv, ".tif"sv,
                                  ".tiff"sv, ".webp"sv, ".heic"sv, ".avif"sv, ".jp2"sv};
constexpr std::array kVideos = {".mp4"sv, ".m4v"sv, ".mov"sv, ".avi"sv, ".mkv"sv, ".webm"sv};
// Volumes whose type may well be given as that of an image.
constexpr std::array kVolumes = {".nii"sv, ".gz"sv, ".dcm"sv, ".mha"sv, ".mhd"sv, ".nrrd"sv};

}  // namespace

Medium medium_of(std::string_view mime_type, std::string_view filename) {
  const std::string type = text::lower(mime_type);
  const std::string suffix = text::lower(extension(filename));
  const auto among = [&](const auto& names) {
    return std::find(names.begin(), names.end(), suffix) != names.end();
  };
  if (type.starts_with("video/")) return Medium::video;
  if (among(kVolumes)) return Medium::other;
  if (type.starts_with("image/") || among(kPictures)) return Medium::picture;
  if (among(kVideos)) return Medium::video;
  return type.empty() ? Medium::picture : Medium::other;
}

}  // namespace nexus_mirror::exports
