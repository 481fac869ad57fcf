#include "exports/formats/box.h"

#include <algorithm>
#include <cmath>

#include "text/json.h"

namespace nexus_mirror::exports::formats {
namespace {

// Whether nothing of low..high lies in 0..1.
bool is_outside(double low, double high) {
  if (low == high) return high < 0 || low > 1;
  return high <= 0 || low >= 1;
}

std::int64_t rounded(double value) { return std::llround(value); }

}  // namespace

Box in_pixels(const Box& box, const Image& image) {
  const auto width = static_cast<double>(image.width);
  const auto height = static_cast<double>(image.height);
  return {box.xmin * width, box.ymin * height, box.xmax * width, box.ymax * height};
}

double clamped(double value) { return std::clamp(value, 0.0, 1.0); }

std::optional<Box> clipped(const Box& box) {
  if (is_outside(box.xmin, box.xmax) || is_outside(box.ymin, box.ymax)) return std::nullopt;
  return Box{clamped(box.xmin), clamped(box.ymin), clamped(box.xmax), clamped(box.ymax)};
}

WholePixels whole_pixels(const Box& box, const Image& image) {
  const Box pixels = in_pixels(box, image);
  return {rounded(pixels.xmin), rounded(pixels.ymin), rounded(pixels.xmax), rounded(pixels.ymax)};
}

void append_yolo_box(std::string& line, std::int64_t class_line, const Box& box) {
  text::append_number(line, class_line);
  for (const double value : {(box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2,
                             box.xmax - box.xmin, box.ymax - box.ymin}) {
    line += ' ';
    text::append_number(line, value);
  }
}

}  // namespace nexus_mirror::exports::formats
