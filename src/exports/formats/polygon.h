// Rings of polygons in pixels. Any thread may call anything.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// A place in an image: pixels from its top left corner, so that the first pixel's centre is at 0.5.
struct Pixel {
  double x = 0, y = 0;
};

using Ring = std::vector<Pixel>;  // closed: its last point joins its first

// Makes `ring` that of `points` in an image of `width` by `height` pixels.
void to_pixels(std::span<const Point> points, std::int64_t width, std::int64_t height, Ring& ring);

// The area that `ring` covers, in square pixels, by the even-odd rule, as append_mask() (rle.h) and
// what draws masks from rings have it: a ring that runs into itself and around a hole leaves the
// hole. Of one that only retraces itself, so that by this rule nothing is left, the area that it
// runs around at all. Not finite where a coordinate is not, or is so large that its square is not.
// Of a ring with more than some ten thousand crossings it is measured along some thousand lines
// rather than exactly.
double covered_area(std::span<const Pixel> ring);

}  // namespace nexus_mirror::exports::formats
