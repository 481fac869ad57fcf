// What the formats with boxes share: traits, clipping, whole pixels. Any thread may call anything.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "exports/data_set.h"
#include "exports/writer.h"

namespace nexus_mirror::exports::formats {

// Reasons for Tally, as the manifest shows them.
inline constexpr std::string_view kWithoutExtent = "annotation without an extent";
inline constexpr std::string_view kOutside = "annotation wholly outside the image";
inline constexpr std::string_view kOutOfRange = "coordinates out of a number's range";

// Traits that accept these bound types and no others.
Traits accepting(std::initializer_list<BoundType> types, bool needs_size, ClassIds class_ids);

// `box` in pixels, as computed: 0..width, 0..height for what lies in the image. Needs a size.
Box in_pixels(const Box& box, const Image& image);

// `value` kept within 0..1.
double clamped(double value);

// The part of `box` that lies in the image, 0..1. A box without an area has a part there too, when
// it lies in the image or on its edge; one that has an area and only touches the edge has none.
std::optional<Box> clipped(const Box& box);

struct WholePixels {
  std::int64_t xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};
// `box`, 0..1 (see clipped()), rounded to whole pixels, halves up. Needs a size.
WholePixels whole_pixels(const Box& box, const Image& image);

// Appends `class_line cx cy w h` of a box, 0..1: the line of darknet and its heirs, without its
// end.
void append_yolo_box(std::string& line, std::int64_t class_line, const Box& box);

}  // namespace nexus_mirror::exports::formats
