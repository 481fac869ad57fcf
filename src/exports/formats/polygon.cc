// The area of a ring that meets itself nowhere is the shoelace formula's. Where it crosses itself,
// or goes around twice, that formula counts parts against each other, or twice: then the plane is
// cut into upright slabs at every point and every crossing. In a slab no two edges cross, so that
// their order from top to bottom, and with it which stretches are covered, is the same all over it.
#include "exports/formats/polygon.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace nexus_mirror::exports::formats {
namespace {

constexpr std::size_t kMostMeetings = 50'000;    // beyond, slabs of one width do
constexpr std::size_t kMostPairs = 20'000'000;   // of edges that are looked at
constexpr std::size_t kMostSteps = 200'000'000;  // edges over all slabs
constexpr int kEqualSlabs = 4096;

// From left to right; `winding` tells whether the ring runs that way.
struct Side {
  Pixel left, right;
  int winding = 1;
  std::size_t place = 0;  // along the ring

  double at(double x) const {
    return left.y + (x - left.x) / (right.x - left.x) * (right.y - left.y);
  }
  double low() const { return std::min(left.y, right.y); }
  double high() const { return std::max(left.y, right.y); }
};

// By the shoelace formula; its sign is the direction of the ring.
double signed_area(std::span<const Pixel> ring) {
  // Seen from the first point: a small ring far from the corner would lose digits otherwise.
  const Pixel origin = ring.front();
  double twice = 0;
  for (std::size_t i = 1; i + 1 < ring.size(); ++i) {
    twice += (ring[i].x - origin.x) * (ring[i + 1].y - origin.y) -
             (ring[i + 1].x - origin.x) * (ring[i].y - origin.y);
  }
  return twice / 2;
}

// By the left end. Points that repeat the one before make none.
std::vector<Side> sides_of(std::span<const Pixel> ring) {
  std::vector<Side> sides;
  sides.reserve(ring.size());
  Pixel from = ring.back();
  for (const Pixel& to : ring) {
    const bool forwards = from.x < to.x || (from.x == to.x && from.y < to.y);
    if (from.x != to.x || from.y != to.y) {
      sides.push_back({forwards ? from : to, forwards ? to : from, forwards ? 1 : -1});
      sides.back().place = sides.size() - 1;
    }
    from = to;
  }
  std::sort(sides.begin(), sides.end(),
            [](const Side& a, const Side& b) { return a.left.x < b.left.x; });
  return sides;
}

// Above 0 where `point` lies to one side of the line, below where it lies to the other.
double turn(const Pixel& from, const Pixel& to, const Pixel& point) {
  return (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x);
}

// Where sides that have an `x` in common meet, other than in a corner of the ring.
struct Meetings {
  bool any = false, too_many = false;
  std::vector<double> crossings;  // x of each
};

void look_at(const Side& a, const Side& b, std::size_t count, Meetings& meetings) {
  const std::size_t apart = a.place > b.place ? a.place - b.place : b.place - a.place;
  if (apart == 1 || apart + 1 == count) return;  // neighbours share a corner
  if (a.high() < b.low() || b.high() < a.low()) return;
  const double a1 = turn(b.left, b.right, a.left), a2 = turn(b.left, b.right, a.right);
  const double b1 = turn(a.left, a.right, b.left), b2 = turn(a.left, a.right, b.right);
  if ((a1 > 0 && a2 > 0) || (a1 < 0 && a2 < 0)) return;
  if ((b1 > 0 && b2 > 0) || (b1 < 0 && b2 < 0)) return;
  meetings.any = true;
  const double share = a1 / (a1 - a2);  // of the way along `a`; none where they lie on one line
  if (std::isfinite(share)) {
    meetings.crossings.push_back(a.left.x + share * (a.right.x - a.left.x));
  }
  meetings.too_many = meetings.crossings.size() > kMostMeetings;
}

Meetings meetings_of(const std::vector<Side>& sides) {
  Meetings meetings;
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < sides.size(); ++i) {
    for (std::size_t k = i + 1; k < sides.size() && sides[k].left.x <= sides[i].right.x; ++k) {
      look_at(sides[i], sides[k], sides.size(), meetings);
      meetings.too_many = meetings.too_many || ++pairs > kMostPairs;
      if (!meetings.too_many) continue;
      meetings.any = true;
      return meetings;
    }
  }
  return meetings;
}

std::vector<double> equal_slabs(const std::vector<Side>& sides) {
  double end = sides.front().left.x;
  for (const Side& side : sides) end = std::max(end, side.right.x);
  std::vector<double> cuts;
  for (int i = 0; i <= kEqualSlabs; ++i) {
    cuts.push_back(std::lerp(sides.front().left.x, end, static_cast<double>(i) / kEqualSlabs));
  }
  return cuts;
}

std::vector<double> slabs_of(const std::vector<Side>& sides, Meetings& meetings) {
  std::vector<double> cuts = std::move(meetings.crossings);
  for (const Side& side : sides) cuts.insert(cuts.end(), {side.left.x, side.right.x});
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
}

// By the rule that decides what is covered, areas or lengths.
struct Covered {
  double even_odd = 0, nonzero = 0;
};

// How much of an upright line is covered. `crossed`: the sides that it crosses, in any order.
Covered covered_length(std::vector<std::pair<double, int>>& crossed) {
  std::sort(crossed.begin(), crossed.end());
  Covered length;
  int around = 0;
  for (std::size_t i = 0; i + 1 < crossed.size(); ++i) {
    const double stretch = crossed[i + 1].first - crossed[i].first;
    around += crossed[i].second;
    if (around != 0) length.nonzero += stretch;
    if (i % 2 == 0) length.even_odd += stretch;
  }
  return length;
}

double area_by_slabs(const std::vector<Side>& sides, const std::vector<double>& cuts) {
  Covered area;
  std::vector<const Side*> here;
  std::vector<std::pair<double, int>> crossed;
  auto next = sides.begin();
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const double middle = std::midpoint(cuts[i], cuts[i + 1]);
    for (; next != sides.end() && next->left.x <= middle; ++next) here.push_back(&*next);
    std::erase_if(here, [&](const Side* side) { return side->right.x <= middle; });
    crossed.clear();
    for (const Side* side : here) crossed.emplace_back(side->at(middle), side->winding);
    const Covered length = covered_length(crossed);
    area.even_odd += length.even_odd * (cuts[i + 1] - cuts[i]);
    area.nonzero += length.nonzero * (cuts[i + 1] - cuts[i]);
  }
  constexpr double kRounding = 1e-9;
  return area.even_odd > kRounding * area.nonzero ? area.even_odd : area.nonzero;
}

}  // namespace

void to_pixels(std::span<const Point> points, std::int64_t width, std::int64_t height, Ring& ring) {
  const auto across = static_cast<double>(width);
  const auto down = static_cast<double>(height);
  ring.clear();
  for (const Point& point : points) ring.push_back({point.x * across, point.y * down});
}

double covered_area(std::span<const Pixel> ring) {
  if (ring.size() < 3) return 0;
  const double outline = std::abs(signed_area(ring));
  if (!std::isfinite(outline)) return outline;
  const std::vector<Side> sides = sides_of(ring);
  Meetings meetings = meetings_of(sides);
  if (!meetings.any) return outline;
  if (!meetings.too_many) {
    const std::vector<double> cuts = slabs_of(sides, meetings);
    if (cuts.size() * sides.size() <= kMostSteps) return area_by_slabs(sides, cuts);
  }
  return area_by_slabs(sides, equal_slabs(sides));
}

}  // namespace nexus_mirror::exports::formats
