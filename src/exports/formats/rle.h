// Masks as COCO writes them, and as pycocotools reads them.
//
// A mask is the lengths of its runs, column by column from top to bottom: pixels outside, pixels
// inside, outside, and so on; the first run may be empty. From the fourth on, a length is written
// as its difference to the one before the last, which is of the same kind. Each number is cut into
// groups of 5 bits, lowest first, in two's complement and no more of them than its sign needs; a
// group that another one follows gets bit 6, and a character is 48 more than its group.
//
// Any thread may call anything; an object belongs to one.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "exports/formats/polygon.h"

namespace nexus_mirror::exports::formats {

// Lengths of runs on their way into the text of a mask.
class RunText {
 public:
  explicit RunText(std::string& text) : text_(text) {}

  // The next run, of `length` pixels, 0 or more.
  void add(std::int64_t length);

 private:
  std::string& text_;
  std::int64_t runs_ = 0;
  std::int64_t last_ = 0, before_last_ = 0;
};

// Whether readers can hold a mask of that size: they count pixels in 32 bits, and a side beyond a
// million pixels is no image but a slip, for which no memory is spent.
bool fits_mask(std::int64_t width, std::int64_t height);

// Appends the mask of what `ring` encloses: characters '0' to 'o', the backslash among them. A
// pixel is inside when its centre is, by the even-odd rule; what lies beyond the image is cut off.
// A ring around no centre at all gets the pixel of its first point, moved into the image, for an
// empty mask is no object to a reader. `ring` has a point, fits_mask(width, height), both sides are
// above 0. Memory: the ring's edges and the text.
void append_mask(std::string& text, std::span<const Pixel> ring, std::int64_t width,
                 std::int64_t height);

}  // namespace nexus_mirror::exports::formats
