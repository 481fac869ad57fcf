// A project's annotations in the order of its images, numbered.
//
// Those of an image may lie anywhere in the mirror, and to look for them image by image would read
// a page of the file for nearly each of them. So where a project is a good part of the mirror they
// are read as they lie, beside the places of their images, which were found in the order of ids and
// sorted into the same order; then they are sorted by place. Nothing is looked up but in the order
// in which it lies (record_sort.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exports/data_set.h"
#include "exports/record_sort.h"
#include "store/project_images.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// What is drawn on one frame of a video, or on a picture.
struct Drawn {
  std::optional<std::int64_t> frame;
  Annotation annotation;  // category is null where the project has no such tag
};

// One thread at a time. Memory grows with what is drawn on one image, not with the project.
class AnnotationsInOrder {
 public:
  // Reads them all. `snapshot` has been given its ImagePlaces, and `project` stays; files are made
  // in `folder`. Throws Error: machine, exports, interrupted.
  AnnotationsInOrder(store::Snapshot& snapshot, const Project& project,
                     const std::filesystem::path& folder);

  // Those of the image at `place`, by id, in buffers that the next call uses again. Places only
  // grow. Numbers go on from one image to the next, also for annotations of unknown tags. Throws
  // Error: machine, exports.
  std::vector<Drawn>& at(std::int64_t place);

  std::int64_t numbered() const { return number_; }

 private:
  void sort_all(store::Snapshot& snapshot, const std::filesystem::path& folder);
  void take(std::string_view record);
  std::string_view id(std::size_t index) const;

  const Project& project_;
  RecordSort sort_;
  std::int64_t place_ = 0;   // of the record at hand
  std::string_view record_;  // empty behind the last
  std::vector<Drawn> drawn_;
  std::vector<Point> points_;
  std::vector<std::size_t> ends_, id_ends_;
  std::string ids_;
  std::int64_t number_ = 0;
};

// Reads a bound, "[[x,y],[x,y,visibility]...]"; false for anything else.
bool parse_points(std::string_view bound, std::vector<Point>& points);

}  // namespace nexus_mirror::exports
