#include "exports/annotations_in_order.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <unordered_map>

#include "objects/enumerations.h"
#include "text/number.h"

namespace nexus_mirror::exports {
namespace {

// An annotation on its way through the sort; its id and its bound follow.
struct Packed {
  Box box;
  std::int64_t frame = 0;
  std::int32_t category = -1;  // place among the project's; -1 = none of them
  std::uint32_t id_size = 0;
  BoundType type = BoundType::other;
  bool has_box = false, has_frame = false;
};

BoundType bound_type_of(std::string_view name) {
  const auto* known =
      std::find(std::begin(objects::kBoundTypes), std::end(objects::kBoundTypes), name);
  return static_cast<BoundType>(known - std::begin(objects::kBoundTypes));  // other comes last
}

// Whether every corner is one of the extent's: what lies between is nothing but rounding.
bool is_upright(std::span<const Point> corners, const Box& extent) {
  constexpr double kRounding = 1e-9;  // of the image's side
  const auto at = [](double value, double low, double high) {
    return std::min(std::abs(value - low), std::abs(value - high)) <= kRounding;
  };
  return std::all_of(corners.begin(), corners.end(), [&](const Point& corner) {
    return at(corner.x, extent.xmin, extent.xmax) && at(corner.y, extent.ymin, extent.ymax);
  });
}

// Places of categories by name.
using Categories = std::unordered_map<std::string_view, std::int32_t>;

void pack(const store::AnnotationRow& row, const Categories& categories, std::string& record) {
  Packed packed{};
  const auto category = categories.find(row.tag);
  if (category != categories.end()) packed.category = category->second;
  packed.type = bound_type_of(row.bound_type);
  packed.has_frame = row.frame.has_value();
  packed.frame = row.frame.value_or(0);
  packed.has_box = row.extent.has_value();
  if (row.extent) {
    packed.box = {row.extent->xmin, row.extent->ymin, row.extent->xmax, row.extent->ymax};
  }
  packed.id_size = static_cast<std::uint32_t>(row.id.size());
  record.assign(reinterpret_cast<const char*>(&packed), sizeof packed);
  record.append(row.id).append(row.bound);
}

}  // namespace

bool parse_points(std::string_view bound, std::vector<Point>& points) {
  const auto skip = [&](char c) {
    if (bound.empty() || bound.front() != c) return false;
    bound.remove_prefix(1);
    return true;
  };
  const auto number = [&](double& value) {
    const auto taken = text::take_number<double>(bound);
    value = taken.value_or(0);
    return taken && std::isfinite(value);
  };
  if (!skip('[')) return false;
  if (skip(']')) return bound.empty();
  do {
    Point point;
    if (!skip('[') || !number(point.x) || !skip(',') || !number(point.y)) return false;
    if (skip(',')) {
      double visibility = 0;
      if (!number(visibility)) return false;
      // What is labelled at all counts, as it does for the extent.
      point.visibility = visibility >= 2 ? 2 : visibility > 0 ? 1 : 0;
    }
    if (!skip(']')) return false;
    points.push_back(point);
  } while (skip(','));
  return skip(']') && bound.empty();
}

AnnotationsInOrder::AnnotationsInOrder(store::Snapshot& snapshot, const Project& project,
                                       const std::filesystem::path& folder)
    : project_(project), sort_(folder) {
  sort_all(snapshot, folder);
  if (!sort_.next(place_, record_)) record_ = {};
}

void AnnotationsInOrder::sort_all(store::Snapshot& snapshot, const std::filesystem::path& folder) {
  Categories categories;
  for (std::size_t i = 0; i < project_.categories.size(); ++i) {
    categories[project_.categories[i].name] = static_cast<std::int32_t>(i);
  }
  std::string record;
  store::AnnotationRow row;
  if (!store::is_large_part(snapshot, project_.id)) {
    for (auto rows = store::annotations_by_place(snapshot, project_.id); rows.next(row);) {
      pack(row, categories, record);
      sort_.add(row.number, record);
    }
    return;
  }
  // Small records, so that few runs come of little memory; sort_ has its own at the same time.
  constexpr std::size_t kPlaces = 1UL << 20;
  RecordSort places(folder, kPlaces);
  auto placed = store::places_of_annotations(snapshot);
  for (store::PlacedAnnotation one; placed.next(one);) {
    places.add(one.rowid, {reinterpret_cast<const char*>(&one.place), sizeof one.place});
  }
  std::int64_t rowid = 0;
  std::string_view place;
  bool any = places.next(rowid, place);
  auto rows = store::annotations_as_they_lie(snapshot, project_.id);
  while (any && rows.next(row)) {
    while (any && rowid < row.number) any = places.next(rowid, place);
    if (!any || rowid > row.number) continue;  // of no image
    pack(row, categories, record);
    std::int64_t key = 0;
    std::memcpy(&key, place.data(), sizeof key);
    sort_.add(key, record);
  }
}

std::vector<Drawn>& AnnotationsInOrder::at(std::int64_t place) {
  drawn_.clear();
  points_.clear();
  ends_.clear();
  ids_.clear();
  id_ends_.clear();
  while (!record_.empty() && place_ == place) {
    take(record_);
    if (!sort_.next(place_, record_)) record_ = {};
  }
  // Only now do the buffers stay where they are.
  for (std::size_t i = 0; i < drawn_.size(); ++i) {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    Annotation& annotation = drawn_[i].annotation;
    annotation.points = std::span<const Point>(points_).subspan(begin, ends_[i] - begin);
    annotation.id = id(i);
  }
  std::sort(drawn_.begin(), drawn_.end(),
            [](const Drawn& a, const Drawn& b) { return a.annotation.id < b.annotation.id; });
  for (Drawn& one : drawn_) one.annotation.number = ++number_;
  return drawn_;
}

void AnnotationsInOrder::take(std::string_view record) {
  Packed packed{};
  std::memcpy(&packed, record.data(), sizeof packed);
  record.remove_prefix(sizeof packed);
  Drawn& drawn = drawn_.emplace_back();
  Annotation& annotation = drawn.annotation;
  if (packed.has_frame) drawn.frame = packed.frame;
  ids_ += record.substr(0, packed.id_size);
  id_ends_.push_back(ids_.size());
  if (packed.category >= 0) {
    annotation.category = &project_.categories[static_cast<std::size_t>(packed.category)];
  }
  annotation.type = packed.type;
  if (packed.has_box) annotation.box = packed.box;
  const std::size_t before = points_.size();
  if (!parse_points(record.substr(packed.id_size), points_)) points_.resize(before);
  if (annotation.type == BoundType::rectangle && annotation.box) {
    const auto corners = std::span<const Point>(points_).subspan(before);
    if (is_upright(corners, *annotation.box)) points_.resize(before);
  }
  ends_.push_back(points_.size());
}

std::string_view AnnotationsInOrder::id(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : id_ends_[index - 1];
  return std::string_view(ids_).substr(begin, id_ends_[index] - begin);
}

}  // namespace nexus_mirror::exports
