// The interface of a format: a Writer takes a project's images in their order and makes files.
//
// A Writer never holds more than one image's annotations; parts of a file that come after another
// part are kept in a ScratchFile. Its bytes depend on what it is given alone: no time, no place, no
// locale. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "exports/data_set.h"
#include "exports/settings.h"

namespace nexus_mirror::exports {

// Bytes on their way to a place that a file gets later. All throw Error(machine) when the disk
// refuses.
class ScratchFile {
 public:
  virtual ~ScratchFile() = default;
  virtual void write(std::string_view bytes) = 0;
};

class OutputFile {
 public:
  virtual ~OutputFile() = default;
  virtual void write(std::string_view bytes) = 0;
  // What `scratch`, of the same FileSet, has taken so far. `scratch` may not be written after it.
  virtual void append(ScratchFile& scratch) = 0;
  // Ends the file; one that was never closed does not come to be. Called once.
  virtual void close() = 0;

  std::int64_t annotations = 0;  // in it, counted by its writer
  std::int64_t skipped = 0;      // of its images, left out: Image::skipped and the writer's own
};

// The bytes of an image's file. All throw Error(machine) where they cannot be read.
class ImageContent {
 public:
  virtual ~ImageContent() = default;
  virtual std::uint64_t bytes() const = 0;
  // Goes on filling `bytes`; fewer than asked for only at the end.
  virtual std::size_t read(std::span<char> bytes) = 0;
};

// What a format does with images: how many it has a place for, whether they are here or not, and
// how many of them, with how many bytes, are in its files.
struct ImageCounts {
  std::int64_t places = 0, encoded = 0, encoded_bytes = 0;
};

// The files of one format of one project.
class FileSet {
 public:
  virtual ~FileSet() = default;
  // `path` is below annotations/<format>/, made of the format's fixed names and Image::stem:
  // "labels/train/cat.txt". Each path once. Buffered: small writes are fine. As many files may be
  // open as a format has fixed names.
  virtual std::unique_ptr<OutputFile> create(const std::string& path) = 0;
  virtual std::unique_ptr<ScratchFile> scratch() = 0;

  // An image that the files say to be at `path`, as that of a file; each path once. It is put there
  // later, if it is here.
  virtual void place(const std::string& path, const Image& image) = 0;
  // The image at hand, for a format that has it in its files; null where it is not here, or larger
  // than kMostEncoded.
  virtual std::unique_ptr<ImageContent> content_of(const Image& image) = 0;

  ImageCounts images;  // of all calls of these two
};

// Protobuf takes in no record of 2 GiB.
inline constexpr std::uint64_t kMostEncoded = std::uint64_t{1} << 30;

// What a format left out, for the manifest; the reasons are those of exports/reasons.h.
class Tally {
 public:
  virtual ~Tally() = default;
  virtual void skip(std::string_view annotation_id, std::string_view reason) = 0;
  // An image without an entry in the files, because the format has no way to say it.
  virtual void leave_out(std::string_view asset_id, std::string_view reason) = 0;
  // An annotation that is in the files as something else than it is.
  virtual void approximate(std::string_view annotation_id, std::string_view reason) = 0;
};

// How classes are numbered in a format's files (CONTRACT.md 5).
enum class ClassIds {
  tag_index_plus_one,  // also of formats that write names only
  line,                // place in the list of names, from 0
};

// What a format can say of a shape (CONTRACT.md 5, "Boxes and outlines").
enum class Shapes {
  as_they_are,
  upright_boxes,  // others by their extent
  rings,          // rectangles by their corners
};

// What is to be known of a format before its Writer is made.
struct Traits {
  // Bound types that reach the Writer; others are left out and counted before it.
  bool accepts[kBoundTypeCount] = {};
  bool needs_size = false;  // images of unknown size are left out before it
  ClassIds class_ids = ClassIds::tag_index_plus_one;
  Shapes shapes = Shapes::as_they_are;
};

// Traits of a format for these bound types and no others.
constexpr Traits accepting(std::initializer_list<BoundType> types, bool needs_size,
                           ClassIds class_ids) {
  Traits traits;
  for (const BoundType type : types) traits.accepts[static_cast<std::size_t>(type)] = true;
  traits.needs_size = needs_size;
  traits.class_ids = class_ids;
  return traits;
}

// Traits of a format of upright boxes, which takes polygons by their extent.
constexpr Traits accepting_boxes(bool needs_size, ClassIds class_ids) {
  Traits traits = accepting({BoundType::rectangle, BoundType::polygon}, needs_size, class_ids);
  traits.shapes = Shapes::upright_boxes;
  return traits;
}

// Everything that a Writer is made with; outlives it.
struct WriterContext {
  const Project& project;
  const FormatSettings& settings;
  const Traits& traits;  // of the format for this project
  FileSet& files;
  Tally& tally;
};

class Writer {
 public:
  virtual ~Writer() = default;
  // The next image of the project, with those of its annotations that the format accepts; also
  // when there are none.
  virtual void write(const Image& image, std::span<const Annotation> annotations) = 0;
  // Closes all files. Called once, at the end.
  virtual void finish() = 0;
};

// Where readers of a format look for the images: beside its files, or in them.
enum class ImagesAre { beside, encoded };

// A format; its name is that of the variable (see formats/formats.h).
struct Format {
  Traits (*traits)(const Project& project);
  std::unique_ptr<Writer> (*make)(const WriterContext& context);
  ImagesAre images = ImagesAre::beside;
  NameRule names = NameRule::any;  // by which it calls images
};

}  // namespace nexus_mirror::exports
