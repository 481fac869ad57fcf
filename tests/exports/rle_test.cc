// Masks: decoded again by a reader that shares nothing with the writer, and compared pixel by pixel
// with a test of each centre.
#include "exports/formats/rle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "exports/formats/polygon.h"

namespace nexus_mirror::exports::formats {
namespace {

using Runs = std::vector<std::int64_t>;

std::string text_of(const Runs& runs) {
  std::string text;
  RunText coder(text);
  for (const std::int64_t run : runs) coder.add(run);
  return text;
}

std::string mask_of(const Ring& ring, std::int64_t width, std::int64_t height) {
  std::string text;
  append_mask(text, ring, width, height);
  return text;
}

Runs decode(std::string_view text) {
  Runs runs;
  for (std::size_t at = 0; at < text.size();) {
    std::int64_t value = 0;
    int bits = 0, group = 0x20;
    for (; (group & 0x20) != 0; bits += 5) {
      group = text.at(at++) - '0';
      EXPECT_TRUE(group >= 0 && group < 64) << text;
      value += static_cast<std::int64_t>(group & 0x1f) << bits;
    }
    if ((group & 0x10) != 0) value -= std::int64_t{1} << bits;
    if (runs.size() >= 3) value += runs[runs.size() - 2];
    runs.push_back(value);
  }
  return runs;
}

// Rows of '.' and '#', each ended by a line break.
std::string picture(std::string_view mask, std::int64_t width, std::int64_t height) {
  std::string columns;
  char pixel = '.';
  for (const std::int64_t run : decode(mask)) {
    EXPECT_TRUE(run > 0 || columns.empty()) << "an empty run in " << mask;
    columns.append(static_cast<std::size_t>(std::max<std::int64_t>(run, 0)), pixel);
    pixel = pixel == '.' ? '#' : '.';
  }
  EXPECT_EQ(std::ssize(columns), width * height) << mask;
  columns.resize(static_cast<std::size_t>(width * height), '?');
  std::string rows;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      rows += columns[static_cast<std::size_t>(x * height + y)];
    }
    rows += '\n';
  }
  return rows;
}

std::string picture_of(const Ring& ring, std::int64_t width, std::int64_t height) {
  return picture(mask_of(ring, width, height), width, height);
}

// By a ray to the left, where the writer goes from top to bottom.
bool encloses(const Ring& ring, double x, double y) {
  bool inside = false;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Pixel a = ring[i], b = ring[(i + 1) % ring.size()];
    if ((a.y > y) == (b.y > y)) continue;
    if (a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y) < x) inside = !inside;
  }
  return inside;
}

double distance(const Ring& ring, double x, double y) {
  double nearest = HUGE_VAL;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Pixel a = ring[i], b = ring[(i + 1) % ring.size()];
    const double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    const double t = square == 0 ? 0 : ((x - a.x) * dx + (y - a.y) * dy) / square;
    const double along = std::clamp(t, 0.0, 1.0);
    nearest = std::min(nearest, std::hypot(x - a.x - along * dx, y - a.y - along * dy));
  }
  return nearest;
}

// How many pixels are inside; fails where the mask differs from a test of each centre. Centres on
// the line itself may fall on either side of it and are left out.
std::int64_t compare(const Ring& ring, std::int64_t width, std::int64_t height) {
  const std::string rows = picture_of(ring, width, height);
  std::int64_t inside = 0, differences = 0;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const double at_x = static_cast<double>(x) + 0.5, at_y = static_cast<double>(y) + 0.5;
      if (distance(ring, at_x, at_y) < 1e-9) continue;
      const bool expected = encloses(ring, at_x, at_y);
      inside += expected ? 1 : 0;
      differences += (rows[static_cast<std::size_t>(y * (width + 1) + x)] == '#') != expected;
    }
  }
  EXPECT_TRUE(differences == 0 || inside == 0) << differences << " pixels differ\n" << rows;
  if (inside == 0) {
    EXPECT_EQ(std::count(rows.begin(), rows.end(), '#'), 1) << rows;
  }
  return inside;
}

// Between `low` and `high`, the same on every machine.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : engine_(seed) {}
  double between(double low, double high) {
    return low + (high - low) * (static_cast<double>(engine_()) / 4294967296.0);
  }

 private:
  std::mt19937 engine_;
};

// Worked out by hand from the description in rle.h.
TEST(RleTest, WritesNumbersInGroupsOfFiveBits) {
  EXPECT_EQ(text_of({0}), "0");
  EXPECT_EQ(text_of({15}), "?");               // 01111
  EXPECT_EQ(text_of({16}), "`0");              // 10000 would be -16: another group for the sign
  EXPECT_EQ(text_of({31}), "o0");              // 11111
  EXPECT_EQ(text_of({32}), "P1");              // 00000, 00001
  EXPECT_EQ(text_of({1000}), "Xo0");           // 01000, 11111, 00000
  EXPECT_EQ(text_of({6, 1, 40, 4}), "61X13");  // 4 - 1
  EXPECT_EQ(text_of({6, 9, 40, 4}), "69X1K");  // 4 - 9 = -5: 11011
  EXPECT_EQ(text_of({6, 9, 40, 4, 7}), "69X1KoN");  // 7 - 40 = -33: 11111, 11110
}

TEST(RleTest, ReadsBackEveryLength) {
  Runs runs{0, 1, 2, 3};
  for (std::int64_t run = 1; run < 5'000'000'000; run = run * 3 + 1) {
    for (const std::int64_t near : {run, run + 1, std::int64_t{1}}) runs.push_back(near);
  }
  for (std::size_t size = 0; size <= runs.size(); ++size) {
    const Runs first(runs.begin(), runs.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(decode(text_of(first)), first);
  }
}

TEST(RleTest, GoesDownTheColumns) {
  const Ring box{{1, 1}, {3, 1}, {3, 3}, {1, 3}};
  EXPECT_EQ(picture_of(box, 5, 4),
            ".....\n"
            ".##..\n"
            ".##..\n"
            ".....\n");
  EXPECT_EQ(decode(mask_of(box, 5, 4)), (Runs{5, 2, 2, 2, 9}));
  EXPECT_EQ(mask_of(box, 5, 4), "52207");
}

TEST(RleTest, JoinsColumnsAndFillsTheImage) {
  const Ring all{{0, 0}, {3, 0}, {3, 4}, {0, 4}};
  EXPECT_EQ(decode(mask_of(all, 3, 4)), (Runs{0, 12}));
  const Ring right{{1, 0}, {3, 0}, {3, 4}, {1, 4}};
  EXPECT_EQ(decode(mask_of(right, 3, 4)), (Runs{4, 8}));
}

// A pixel belongs to what its centre is in, so rings that share a side share no pixel.
TEST(RleTest, SharesNoPixelBetweenNeighbours) {
  const Ring left{{0, 0}, {2.5, 0}, {2.5, 3}, {0, 3}}, right{{2.5, 0}, {5, 0}, {5, 3}, {2.5, 3}};
  EXPECT_EQ(picture_of(left, 5, 3), "##...\n##...\n##...\n");
  EXPECT_EQ(picture_of(right, 5, 3), "..###\n..###\n..###\n");
  const Ring above{{0, 0}, {3, 0}, {3, 1.5}, {0, 1.5}}, below{{0, 1.5}, {3, 1.5}, {3, 3}, {0, 3}};
  EXPECT_EQ(picture_of(above, 3, 3), "###\n...\n...\n");
  EXPECT_EQ(picture_of(below, 3, 3), "...\n###\n###\n");
}

TEST(RleTest, LeavesTheHoleOfARingThatCrossesItself) {
  const Ring twice{{0, 0}, {6, 0}, {6, 6}, {0, 6}, {0, 0}, {2, 2}, {4, 2}, {4, 4}, {2, 4}, {2, 2}};
  EXPECT_EQ(picture_of(twice, 6, 6),
            "######\n"
            "######\n"
            "##..##\n"
            "##..##\n"
            "######\n"
            "######\n");
}

TEST(RleTest, CutsOffWhatLiesBeyondTheImage) {
  EXPECT_EQ(picture_of({{-5, -5}, {2, -5}, {2, 2}, {-5, 2}}, 4, 3), "##..\n##..\n....\n");
  EXPECT_EQ(picture_of({{-1e300, -1e300}, {1e300, -1e300}, {1e300, 1e300}, {-1e300, 1e300}}, 3, 2),
            "###\n###\n");
}

TEST(RleTest, GivesARingAroundNoCentreItsFirstPixel) {
  EXPECT_EQ(picture_of({{1.6, 0.6}, {1.9, 0.6}, {1.9, 0.9}}, 3, 2), ".#.\n...\n");
  EXPECT_EQ(picture_of({{2, 1}, {2, 1}, {2, 1}}, 3, 2), "...\n..#\n");  // no edge at all
  EXPECT_EQ(picture_of({{3, 2}, {3, 2}, {3, 2}}, 3, 2), "...\n..#\n");  // the corner itself
  EXPECT_EQ(picture_of({{-9, 7}, {-8, 7}, {-8, 9}}, 3, 2), "...\n#..\n");
  EXPECT_EQ(picture_of({{1e300, -1e300}, {1e301, 0}, {0, -1e301}}, 3, 2), "..#\n...\n");
}

TEST(RleTest, AgreesWithATestOfEachCentre) {
  Chance chance(7);
  std::int64_t inside = 0;
  for (int round = 0; round < 400; ++round) {
    const auto width = static_cast<std::int64_t>(chance.between(1, 40));
    const auto height = static_cast<std::int64_t>(chance.between(1, 40));
    const double grid = round % 4 == 0 ? 0.5 : 0;  // points on centres and corners as well
    Ring ring;
    for (int points = 3 + round % 9; points > 0; --points) {
      Pixel point{chance.between(-6, static_cast<double>(width) + 6),
                  chance.between(-6, static_cast<double>(height) + 6)};
      if (grid > 0) point = {std::round(point.x) * grid, std::round(point.y) * grid};
      ring.push_back(point);
    }
    SCOPED_TRACE(round);
    inside += compare(ring, width, height);
    if (HasFailure()) break;
  }
  EXPECT_GT(inside, 10'000);
}

TEST(RleTest, CoversTheAreaOfALargeImage) {
  Ring ring;
  for (int i = 0; i < 500; ++i) {
    const double angle = 2 * std::numbers::pi * i / 500;
    const double radius = 2500 + 300 * std::sin(9 * angle);
    ring.push_back({3000 + radius * std::cos(angle), 4000 + radius * std::sin(angle)});
  }
  const std::string mask = mask_of(ring, 6000, 8000);
  const Runs runs = decode(mask);
  std::int64_t inside = 0, all = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    all += runs[i];
    if (i % 2 == 1) inside += runs[i];
  }
  EXPECT_EQ(all, 6000 * 8000);
  EXPECT_NEAR(static_cast<double>(inside), covered_area(ring), 1000);
  EXPECT_LT(mask.size(), 60'000U);
}

TEST(RleTest, KnowsWhatReadersCanCount) {
  EXPECT_TRUE(fits_mask(6000, 8000));
  EXPECT_TRUE(fits_mask(65535, 65537));   // 2^32 - 1 pixels
  EXPECT_FALSE(fits_mask(65536, 65536));  // one more
  EXPECT_FALSE(fits_mask(2'000'000, 2));
  EXPECT_FALSE(fits_mask(INT64_MAX, INT64_MAX));
}

TEST(PolygonTest, MeasuresTheAreaWithinARing) {
  EXPECT_EQ(covered_area(Ring{}), 0);
  EXPECT_EQ(covered_area(Ring{{4, 4}, {9, 9}}), 0);
  EXPECT_EQ(covered_area(Ring{{0, 0}, {4, 0}, {4, 3}}), 6);
  EXPECT_EQ(covered_area(Ring{{4, 3}, {4, 0}, {0, 0}}), 6);  // either way round
  EXPECT_EQ(covered_area(Ring{{0, 0}, {4, 0}, {4, 4}, {2, 2}, {0, 4}}), 12);
  EXPECT_EQ(covered_area(Ring{{0, 0}, {4, 0}, {4, 3}, {0, 0}}), 6);  // first point repeated
  EXPECT_EQ(covered_area(Ring{{0, 0}, {4, 4}, {8, 8}}), 0);          // on one line
  const double far = 1e9;
  const Ring small{{far, far}, {far + 0.5, far}, {far + 0.5, far + 0.5}, {far, far + 0.5}};
  EXPECT_EQ(covered_area(small), .25);
}

TEST(PolygonTest, MeasuresWhatARingCoversThatMeetsItself) {
  EXPECT_NEAR(covered_area(Ring{{0, 0}, {8, 8}, {8, 0}, {0, 8}}), 32, 1e-9) << "a bow tie";
  EXPECT_NEAR(covered_area(Ring{{0, 0}, {4, 4}, {8, 8}, {8, 0}, {4, 4}, {0, 8}}), 32, 1e-9)
      << "a bow tie with a corner in its knot";
  EXPECT_NEAR(covered_area(Ring{{0, 0}, {4, 4}, {8, 0}, {8, 8}, {4, 4}, {0, 8}}), 32, 1e-9)
      << "an hourglass, which only touches itself";
  EXPECT_NEAR(covered_area(Ring{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}, {4, 0}, {4, 4}, {0, 4}}),
              16, 1e-9)
      << "twice around";
  const Ring keyhole{{0, 0}, {6, 0}, {6, 6}, {0, 6}, {0, 0},
                     {2, 2}, {4, 2}, {4, 4}, {2, 4}, {2, 2}};
  EXPECT_NEAR(covered_area(keyhole), 32, 1e-9) << "a hole, run around the same way";
  // A pentagram of radius 1: its five points without the pentagon between them.
  Ring star;
  for (int i = 0; i < 5; ++i) {
    const double angle = std::numbers::pi * (0.5 + 0.8 * i);
    star.push_back({100 + std::cos(angle), 100 + std::sin(angle)});
  }
  EXPECT_NEAR(covered_area(star), 0.77567675, 1e-7);
}

// A scribble of thousands of crossings ends, and near what its mask counts.
TEST(PolygonTest, MeasuresAScribble) {
  std::mt19937 random(7);
  Ring ring;
  for (int i = 0; i < 1500; ++i) {
    ring.push_back({static_cast<double>(random() % 1000), static_cast<double>(random() % 1000)});
  }
  std::string mask;
  append_mask(mask, ring, 1000, 1000);
  const Runs runs = decode(mask);
  std::int64_t inside = 0;
  for (std::size_t i = 1; i < runs.size(); i += 2) inside += runs[i];
  EXPECT_NEAR(covered_area(ring), static_cast<double>(inside), 5000);
}

}  // namespace
}  // namespace nexus_mirror::exports::formats
