// The one way through a format: its sets begin, image by image comes with what is drawn on it, the
// sets end, and last comes what the project has once. FormatWriter goes it and counts; a format is
// a Notation that says what is written at each step:
//
//   struct Set {...};                                   what it keeps for a set; movable
//   Set begin(const ImageSet& which);                   each set at once, however few images come
//   OutputFile& start(Set&, const Image&);              returns the file that counts what follows
//   std::string_view add(Set&, const Image&, const Annotation&);
//                          returns why nothing was added (see exports/reasons.h), "" when it was
//   void complete(Set&, const Image&);                  after the image's annotations
//   void close(Set&);                                   after the last image
//   void finish();                                      after the last set
//   static Traits traits(const Project&);
//
// FilePerSet and FilePerImage are what the formats share that put a set, or an image, in a file.
// All belong to one thread, and throw what FileSet does.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exports/formats/formats.h"
#include "exports/reasons.h"
#include "exports/split.h"
#include "exports/writer.h"

namespace nexus_mirror::exports::formats {

// The steps that a format may have nothing for.
class Notation {
 public:
  explicit Notation(const WriterContext& context) : context_(context) {}

  void finish() {}

 protected:
  // A file that is written in one piece.
  void write_file(const std::string& path, std::string_view bytes);
  // The image belongs at `path`, if there are to be any.
  void place(const std::string& path, const Image& image);

  const WriterContext context_;
};

// A file per set, named as ImageSet::name() says.
class FilePerSet : public Notation {
 public:
  struct Set {
    std::unique_ptr<OutputFile> file;
    bool has_images = false;  // for a format that has something between them
  };

  // The files begin with `head` and end with `tail`, which outlive this. `extension` has its dot.
  FilePerSet(const WriterContext& context, std::string_view extension, std::string_view head = {},
             std::string_view tail = {})
      : Notation(context), extension_(extension), head_(head), tail_(tail) {}

  Set begin(const ImageSet& which);
  void close(Set& set);

 private:
  const std::string_view extension_, head_, tail_;
};

// A file per image, and lists of the images of a set.
class FilePerImage : public Notation {
 public:
  struct Set {
    std::string folder;  // of the images' files, with its slash
    std::vector<std::unique_ptr<OutputFile>> lists = {};
  };

  // `extension` of the images' files, which are named by Image::stem.
  FilePerImage(const WriterContext& context, std::string_view extension)
      : Notation(context), extension_(extension) {}

  OutputFile& start(Set& set, const Image& image);
  void complete(Set& set, const Image& image);
  void close(Set& set);

 protected:
  // What the file of the image at hand will hold; complete() writes it.
  std::string text_;

 private:
  const std::string_view extension_;
  std::unique_ptr<OutputFile> file_;
};

// As what a format of `shapes` says `annotation`, where that is not what it is; else empty.
std::string_view said_otherwise(Shapes shapes, const Annotation& annotation);

template <typename N>
concept Notated = std::derived_from<N, Notation> &&
    requires(N notation, typename N::Set& set, const ImageSet& which, const Image& image,
             const Annotation& annotation) {
  { notation.begin(which) } -> std::same_as<typename N::Set>;
  { notation.start(set, image) } -> std::same_as<OutputFile&>;
  { notation.add(set, image, annotation) } -> std::same_as<std::string_view>;
  notation.complete(set, image);
  notation.close(set);
  notation.finish();
};

template <Notated N>
class FormatWriter final : public Writer {
 public:
  template <typename... Variant>
  explicit FormatWriter(const WriterContext& context, const Variant&... variant)
      : tally_(context.tally), shapes_(context.traits.shapes), notation_(context, variant...) {
    for (const ImageSet& which : sets_of(context.settings.split)) {
      sets_.emplace_back(which.split, notation_.begin(which));
    }
  }

  void write(const Image& image, std::span<const Annotation> annotations) override {
    typename N::Set& set = set_of(image);
    OutputFile& file = notation_.start(set, image);
    file.skipped += image.skipped;
    for (const Annotation& annotation : annotations) {
      const std::string_view reason = notation_.add(set, image, annotation);
      if (reason.empty()) {
        ++file.annotations;
        const std::string_view other = said_otherwise(shapes_, annotation);
        if (!other.empty()) tally_.approximate(annotation.id, other);
      } else {
        ++file.skipped;
        tally_.skip(annotation.id, reason);
      }
    }
    notation_.complete(set, image);
  }

  void finish() override {
    for (auto& [split, set] : sets_) notation_.close(set);
    notation_.finish();
  }

 private:
  // The first is the whole where there is no split.
  typename N::Set& set_of(const Image& image) {
    for (auto& [split, set] : sets_) {
      if (split == image.split) return set;
    }
    return sets_.front().second;
  }

  Tally& tally_;
  const Shapes shapes_;
  N notation_;
  std::vector<std::pair<Split, typename N::Set>> sets_;
};

// The format that `N` notates. `kVariant`, where one class notates several formats, points to what
// they differ in: its constructor and traits() are given it as well.
template <Notated N, const auto*... kVariant>
constexpr Format format_of(ImagesAre images = ImagesAre::beside) {
  return {[](const Project& project) { return N::traits(project, *kVariant...); },
          [](const WriterContext& context) -> std::unique_ptr<Writer> {
            return std::make_unique<FormatWriter<N>>(context, *kVariant...);
          },
          images};
}

// The same, of one whose readers ask something of the names of images.
template <Notated N>
constexpr Format format_of(NameRule names) {
  Format format = format_of<N>();
  format.names = names;
  return format;
}

}  // namespace nexus_mirror::exports::formats
