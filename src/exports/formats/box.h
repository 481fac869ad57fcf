// What the formats with boxes share: clipping, pixels, whole pixels. Any thread may call anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// A number of pixels as files have it: rounded to a millionth, so that what was a whole number
// before the server made it a share of the image is one again.
double to_millionth(double pixels);
// Appends to_millionth(pixels) in the shortest form that reads back the same.
void append_pixels(std::string& text, double pixels);

// `box` in pixels, as computed: 0..width, 0..height for what lies in the image. Needs a size.
Box in_pixels(const Box& box, const Image& image);

// `value` kept within 0..1.
double clamped(double value);

// The part of `box` that lies in the image, 0..1. A box without an area has a part there too, when
// it lies in the image or on its edge; one that has an area and only touches the edge has none.
std::optional<Box> clipped(const Box& box);

// Edges of a box of whole pixels: 0 <= xmin < xmax <= width, and so for y.
struct WholePixels {
  std::int64_t xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};
// `box`, 0..1 (see clipped()), rounded to whole pixels, halves up; one that is thinner gets the
// pixel that it begins in. Needs a size.
WholePixels whole_pixels(const Box& box, const Image& image);

// Appends `class_line cx cy w h` of a box, 0..1: the line of darknet and its heirs, without its
// end.
void append_yolo_box(std::string& line, std::int64_t class_line, const Box& box);

}  // namespace nexus_mirror::exports::formats
