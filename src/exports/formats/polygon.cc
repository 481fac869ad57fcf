#include "exports/formats/polygon.h"

#include <cmath>

namespace nexus_mirror::exports::formats {

void to_pixels(std::span<const Point> points, std::int64_t width, std::int64_t height, Ring& ring) {
  const auto across = static_cast<double>(width);
  const auto down = static_cast<double>(height);
  ring.clear();
  for (const Point& point : points) ring.push_back({point.x * across, point.y * down});
}

double area(std::span<const Pixel> ring) {
  if (ring.empty()) return 0;
  // Seen from the first point: a small ring far from the corner would lose digits otherwise.
  const Pixel origin = ring.front();
  double twice = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i) {
    twice += (ring[i].x - origin.x) * (ring[i + 1].y - origin.y) -
             (ring[i + 1].x - origin.x) * (ring[i].y - origin.y);
  }
  return std::abs(twice) / 2;
}

}  // namespace nexus_mirror::exports::formats
