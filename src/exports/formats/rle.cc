#include "exports/formats/rle.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::int64_t kMaxPixels = 0xffffffff;
constexpr std::int64_t kMaxSide = 1'000'000;
constexpr double kFar = 1e9;  // pixels; past every image, and no arithmetic overflows on the way

// Not upright, from left to right.
struct Edge {
  Pixel left, right;

  // Where it crosses the upright line at `x`, left.x <= x <= right.x.
  double at(double x) const {
    return left.y + (x - left.x) / (right.x - left.x) * (right.y - left.y);
  }
};

Pixel within_reach(Pixel point) {
  return {std::clamp(point.x, -kFar, kFar), std::clamp(point.y, -kFar, kFar)};
}

std::vector<Edge> edges_of(std::span<const Pixel> ring) {
  std::vector<Edge> edges;
  edges.reserve(ring.size());
  Pixel from = within_reach(ring.back());
  for (const Pixel& point : ring) {
    const Pixel to = within_reach(point);
    if (from.x < to.x) edges.push_back({from, to});
    if (to.x < from.x) edges.push_back({to, from});
    from = to;
  }
  std::sort(edges.begin(), edges.end(),
            [](const Edge& a, const Edge& b) { return a.left.x < b.left.x; });
  return edges;
}

// The first of the pixels 0..count whose centre is at `place` or past it.
std::int64_t first_centre_from(double place, std::int64_t count) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(place - 0.5)), 0, count);
}

// Stretches of pixels in a mask's order, which may touch, as runs.
class Stretches {
 public:
  Stretches(std::string& text, std::int64_t pixels) : runs_(text), pixels_(pixels) {}

  bool empty() const { return end_ == 0; }

  // Pixels `begin` up to `end`, begin < end, not before those that were added.
  void add(std::int64_t begin, std::int64_t end) {
    if (begin != end_ || empty()) {
      if (!empty()) runs_.add(end_ - begin_);
      runs_.add(begin - end_);
      begin_ = begin;
    }
    end_ = end;
  }

  // Once, after at least one add().
  void finish() {
    runs_.add(end_ - begin_);
    if (end_ < pixels_) runs_.add(pixels_ - end_);
  }

 private:
  RunText runs_;
  std::int64_t pixels_, begin_ = 0, end_ = 0;
};

}  // namespace

void RunText::add(std::int64_t length) {
  std::int64_t rest = runs_ > 2 ? length - before_last_ : length;
  before_last_ = last_;
  last_ = length;
  ++runs_;
  bool more = true;
  while (more) {
    int group = static_cast<int>(rest & 0x1f);
    rest >>= 5;
    more = rest != ((group & 0x10) != 0 ? -1 : 0);
    if (more) group |= 0x20;
    text_ += static_cast<char>(group + 48);
  }
}

bool fits_mask(std::int64_t width, std::int64_t height) {
  return width <= kMaxSide && height <= kMaxSide && width * height <= kMaxPixels;
}

void append_mask(std::string& text, std::span<const Pixel> ring, std::int64_t width,
                 std::int64_t height) {
  Stretches stretches(text, width * height);
  const std::vector<Edge> edges = edges_of(ring);
  std::vector<Edge> crossed;
  std::vector<double> crossings;
  auto next = edges.begin();
  // An edge counts from its left end up to but not at its right one, so a line through a point
  // where two edges meet crosses one of them, or both, or none, as it passes in or out.
  for (std::int64_t x = edges.empty() ? width : first_centre_from(edges.front().left.x, width);
       x < width; ++x) {
    const double centre = static_cast<double>(x) + 0.5;
    for (; next != edges.end() && next->left.x <= centre; ++next) crossed.push_back(*next);
    std::erase_if(crossed, [&](const Edge& edge) { return edge.right.x <= centre; });
    if (crossed.empty() && next == edges.end()) break;
    crossings.clear();
    for (const Edge& edge : crossed) crossings.push_back(edge.at(centre));
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const std::int64_t begin = first_centre_from(crossings[i], height);
      const std::int64_t end = first_centre_from(crossings[i + 1], height);
      if (begin < end) stretches.add(x * height + begin, x * height + end);
    }
  }
  if (stretches.empty()) {
    const Pixel first = within_reach(ring.front());
    const auto x = std::clamp<std::int64_t>(static_cast<std::int64_t>(first.x), 0, width - 1);
    const auto y = std::clamp<std::int64_t>(static_cast<std::int64_t>(first.y), 0, height - 1);
    stretches.add(x * height + y, x * height + y + 1);
  }
  stretches.finish();
}

}  // namespace nexus_mirror::exports::formats
