#include "files/file_kind.h"

#include <algorithm>
#include <array>

#include "nexus_mirror/error.h"
#include "text/ascii.h"

namespace nexus_mirror::files {
namespace {

using namespace std::string_view_literals;

// Where a format is known by its bytes: `magic` stands `at`.
struct Signature {
  std::size_t at;
  std::string_view magic;
};

constexpr std::array kPictures = {
    Signature{0, "\xff\xd8\xff"sv},       // JPEG
    Signature{0, "\x89PNG\r\n\x1a\n"sv},  // PNG
    Signature{0, "GIF8"sv},               // GIF
    Signature{0, "BM"sv},                 // BMP
    Signature{0, "II*\0"sv},              // TIFF
    Signature{0, "MM\0*"sv},              // TIFF
    Signature{0, "II+\0"sv},              // BigTIFF
    Signature{0, "MM\0+"sv},              // BigTIFF
    Signature{8, "WEBP"sv},               // WebP, in a RIFF
    Signature{4, "ftyp"sv},               // HEIC, AVIF
    Signature{4, "jP  "sv},               // JPEG 2000
    Signature{0, "\xff\x4f\xff\x51"sv},   // its bare stream
    Signature{0, "\xff\x0a"sv},           // JPEG XL
    Signature{4, "JXL "sv},               // JPEG XL
    Signature{0, "P5"sv},
    Signature{0, "P6"sv},  // PGM, PPM
};

constexpr std::array kVideos = {
    Signature{4, "ftyp"sv}, Signature{4, "moov"sv},       Signature{4, "mdat"sv},
    Signature{4, "wide"sv}, Signature{4, "free"sv},       Signature{0, "\x1a\x45\xdf\xa3"sv},
    Signature{8, "AVI "sv}, Signature{0, "\0\0\1\xba"sv}, Signature{0, "\0\0\1\xb3"sv},
    Signature{0, "OggS"sv}, Signature{0, "FLV"sv},        Signature{0, "\x30\x26\xb2\x75"sv},
};

// MPEG-TS has nothing but a byte at the begin of each packet, of 188 bytes or, behind a time of
// four, of 192; that of one alone is a G, with which much begins.
bool is_transport_stream(std::string_view first) {
  constexpr char kSync = 0x47;
  const auto packets = [&](std::size_t at, std::size_t bytes) {
    return first.size() > at + 2 * bytes && first[at] == kSync && first[at + bytes] == kSync &&
           first[at + 2 * bytes] == kSync;
  };
  return packets(0, 188) || packets(4, 192);
}

// What explains instead of being a file.
constexpr std::array kExplanations = {"text/html"sv,        "application/xhtml"sv,
                                      "application/xml"sv,  "text/xml"sv,
                                      "application/json"sv, "application/problem"sv};

constexpr std::array kPictureNames = {".jpg"sv,  ".jpeg"sv, ".png"sv,  ".bmp"sv,
                                      ".gif"sv,  ".tif"sv,  ".tiff"sv, ".webp"sv,
                                      ".heic"sv, ".avif"sv, ".jp2"sv};
// Volumes may well be given the type of an image.
constexpr std::array kVolumeNames = {".nii"sv, ".gz"sv, ".dcm"sv, ".mha"sv, ".mhd"sv, ".nrrd"sv};
constexpr std::array kVideoNames = {".mp4"sv, ".m4v"sv, ".mov"sv, ".avi"sv, ".mkv"sv, ".webm"sv};

template <typename Signatures>
bool any_fits(const Signatures& signatures, std::string_view first) {
  return std::any_of(signatures.begin(), signatures.end(), [&](const Signature& signature) {
    return first.size() >= signature.at && first.substr(signature.at).starts_with(signature.magic);
  });
}

template <typename Names>
bool ends_with_any(const Names& names, const std::string& filename) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return filename.ends_with(name); });
}

}  // namespace

FileKind kind_of(std::string_view mime_type, std::string_view filename) {
  const std::string type = text::lower(mime_type), name = text::lower(filename);
  if (type.starts_with("video/")) return FileKind::video;
  if (ends_with_any(kVolumeNames, name)) return FileKind::other;
  if (type.starts_with("image/")) return FileKind::picture;
  if (!type.empty()) return FileKind::other;
  if (ends_with_any(kVideoNames, name)) return FileKind::video;
  return ends_with_any(kPictureNames, name) ? FileKind::picture : FileKind::other;
}

std::string why_not(FileKind kind, std::string_view content_type, std::string_view first) {
  const std::string type = text::lower(content_type);
  for (const std::string_view explanation : kExplanations) {
    if (!type.starts_with(explanation)) continue;
    return "what came is " + one_line(std::string(explanation)) + ", no file";
  }
  const std::string_view shown =
      first.substr(std::min(first.find_first_not_of(" \t\r\n"), first.size()));
  if (first.empty()) return "what came is empty";
  for (const std::string_view begin :
       {"<!DOCTYPE"sv, "<html"sv, "<?xml"sv, "<HTML"sv, "<!doctype"sv}) {
    if (shown.starts_with(begin)) return "what came is a page, no file";
  }
  if (kind == FileKind::picture && !any_fits(kPictures, first)) return "what came is no picture";
  if (kind == FileKind::video && !any_fits(kVideos, first) && !is_transport_stream(first))
    return "what came is no video";
  return {};
}

}  // namespace nexus_mirror::files
