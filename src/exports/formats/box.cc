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

constexpr double kMillion = 1e6;
// Pixels from which a millionth is below what a double tells apart.
constexpr double kNoFraction = 1e9;

struct Stretch {
  std::int64_t begin = 0, end = 0;
};

Stretch whole(double low, double high, std::int64_t size) {
  const std::int64_t begin = std::clamp<std::int64_t>(std::llround(low), 0, size - 1);
  return {begin, std::clamp<std::int64_t>(std::llround(high), begin + 1, size)};
}

}  // namespace

double to_millionth(double pixels) {
  if (!(std::abs(pixels) < kNoFraction)) return pixels;
  return std::round(pixels * kMillion) / kMillion + 0.0;  // no -0
}

void append_pixels(std::string& text, double pixels) {
  text::append_number(text, to_millionth(pixels));
}

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
  const Stretch across = whole(pixels.xmin, pixels.xmax, image.width);
  const Stretch down = whole(pixels.ymin, pixels.ymax, image.height);
  return {across.begin, down.begin, across.end, down.end};
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
