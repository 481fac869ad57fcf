// A project written down by hand, and what a format makes of it: for the tests of formats.
#pragma once

#include <string>
#include <vector>

#include "exports/data_set.h"
#include "exports/settings.h"
#include "exports/writer.h"
#include "support/memory_files.h"

namespace nexus_mirror::testing {

struct DrawnAnnotation {
  std::string id;
  exports::BoundType type = exports::BoundType::rectangle;
  std::size_t category = 0;  // place in Project::categories
  std::vector<exports::Point> points;
};

struct DrawnImage {
  std::string name, stem;  // its asset's id is "asset_" + stem
  std::int64_t width = 0, height = 0;
  exports::Split split = exports::Split::train;
  std::vector<DrawnAnnotation> annotations;
};

struct DrawnProject {
  exports::Project project;
  std::vector<DrawnImage> images;
};

// Everything that is hard to say, on a few images whose numbers are exact in binary:
//   a.jpg     800 x 400, every bound type, boxes beyond the image and outside, without an area;
//   "b, ü"    64 x 64, without annotations, for validation, a name that CSV must quote;
//   c.jpg     of unknown size, one box;
//   d e.jpg   800 x 400, one box, a name with a blank.
// Its tags need quoting, are unicode, or have a line break.
DrawnProject hard_to_say(const std::string& type);

DrawnAnnotation rectangle(std::string id, std::size_t category, exports::Box box);

// Hands the images to the format's Writer as an export does: without what its Traits leave out.
MemoryFiles written(const exports::Format& format, const DrawnProject& drawn,
                    const exports::FormatSettings& settings);

// Settings of one set, and of two.
exports::FormatSettings whole();
exports::FormatSettings split();

}  // namespace nexus_mirror::testing
