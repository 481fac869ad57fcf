#include "exports/project_data.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "exports/json_file.h"
#include "objects/enumerations.h"
#include "store/image_places.h"
#include "store/project_classes.h"
#include "store/project_images.h"
#include "store/project_row.h"
#include "text/number.h"

namespace nexus_mirror::exports {
namespace {

using store::Snapshot;

// Names and skeleton of a tag's keypoints, where the server sends them with the tag.
void read_skeleton(std::string_view extra, Category& category) {
  const rapidjson::Document json = read_json(extra);
  if (const auto* names = list_of(json, "keypoints")) {
    for (const auto& name : names->GetArray()) {
      if (name.IsString()) category.keypoint_names.emplace_back(name.GetString());
    }
  }
  const auto* skeleton = list_of(json, "skeleton");
  if (!skeleton) return;
  for (const auto& pair : skeleton->GetArray()) {
    if (!pair.IsArray() || pair.Size() != 2 || !pair[0].IsInt64() || !pair[1].IsInt64()) continue;
    category.skeleton.emplace_back(pair[0].GetInt64(), pair[1].GetInt64());
  }
}

std::vector<Category> read_categories(Snapshot& snapshot, const std::string& project_id) {
  std::vector<Category> categories;
  const auto known = [&](std::string_view name) {
    return std::any_of(categories.begin(), categories.end(),
                       [&](const Category& category) { return category.name == name; });
  };
  auto tags = store::tags_of_project(snapshot, project_id);
  for (store::TagRow tag; tags.next(tag);) {
    if (known(tag.name)) continue;  // a name means its first index
    Category& category = categories.emplace_back();
    category.tag_index = tag.tag_index;
    category.name = tag.name;
    read_skeleton(tag.extra, category);
  }
  auto names = store::names_of_tags(snapshot, project_id);
  for (std::string_view name; names.next(name);) {
    if (known(name)) continue;
    const std::int64_t index = categories.empty() ? 0 : categories.back().tag_index + 1;
    Category& category = categories.emplace_back();
    category.tag_index = index;
    category.name = name;
  }
  for (std::size_t i = 0; i < categories.size(); ++i) {
    categories[i].line = static_cast<std::int64_t>(i);
  }
  return categories;
}

BoundType bound_type_of(std::string_view name) {
  const auto* known =
      std::find(std::begin(objects::kBoundTypes), std::end(objects::kBoundTypes), name);
  return static_cast<BoundType>(known - std::begin(objects::kBoundTypes));  // other comes last
}

// One image's annotations at a time, in buffers that are used again for the next.
class AnnotationReader {
 public:
  AnnotationReader(Snapshot& snapshot, const Project& project)
      : rows_(store::annotations_by_asset(snapshot, project.id)) {
    for (const Category& category : project.categories) by_name_[category.name] = &category;
  }

  // Numbers go on from one image to the next, also for annotations of unknown tags.
  void read(std::string_view asset_id, std::vector<std::string_view>& unknown) {
    annotations_.clear();
    points_.clear();
    ends_.clear();
    ids_.clear();
    id_ends_.clear();
    rows_.select(asset_id);
    for (store::AnnotationRow row; rows_.next(row);) take(row);
    // Only now do the buffers stay where they are.
    for (std::size_t i = 0; i < annotations_.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
      annotations_[i].points = std::span<const Point>(points_).subspan(begin, ends_[i] - begin);
      annotations_[i].id = id(i);
    }
    std::sort(annotations_.begin(), annotations_.end(),
              [](const Annotation& a, const Annotation& b) { return a.id < b.id; });
    for (Annotation& annotation : annotations_) {
      annotation.number = ++number_;
      if (annotation.category == nullptr) unknown.push_back(annotation.id);
    }
    if (!unknown.empty()) {
      std::erase_if(annotations_, [](const Annotation& one) { return one.category == nullptr; });
    }
  }

  std::span<const Annotation> annotations() const { return annotations_; }
  std::int64_t numbered() const { return number_; }

 private:
  void take(const store::AnnotationRow& row) {
    Annotation& annotation = annotations_.emplace_back();
    ids_ += row.id;
    id_ends_.push_back(ids_.size());
    const auto category = by_name_.find(row.tag);
    if (category != by_name_.end()) annotation.category = category->second;
    annotation.type = bound_type_of(row.bound_type);
    const std::size_t before = points_.size();
    // A rectangle is its box.
    const bool wanted = annotation.type != BoundType::rectangle;
    if (wanted && !parse_points(row.bound, points_)) points_.resize(before);
    ends_.push_back(points_.size());
    if (row.extent) {
      const auto& [xmin, ymin, xmax, ymax] = *row.extent;
      annotation.box = {xmin, ymin, xmax, ymax};
    }
  }

  std::string_view id(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : id_ends_[index - 1];
    return std::string_view(ids_).substr(begin, id_ends_[index] - begin);
  }

  store::RowsOf<store::AnnotationRow> rows_;
  std::map<std::string_view, const Category*> by_name_;
  std::vector<Annotation> annotations_;
  std::vector<Point> points_;
  std::vector<std::size_t> ends_, id_ends_;
  std::string ids_;
  std::int64_t number_ = 0;
};

void find_orphans(Snapshot& snapshot, const Project& project, std::int64_t numbered,
                  const std::function<void(std::string_view)>& orphan) {
  if (store::count_annotations(snapshot, project.id) == numbered) return;
  auto orphans = store::orphaned_annotations(snapshot, project.id);
  for (std::string_view id; orphans.next(id);) orphan(id);
}

void read_image(const store::PlacedImage& placed, ImageRow& row) {
  row.image.number = placed.place;
  row.image.asset_id = placed.asset_id;
  row.image.name = placed.name.value_or(placed.filename);
  row.image.stem = placed.stem;
  row.image.width = std::max<std::int64_t>(0, placed.width);
  row.image.height = std::max<std::int64_t>(0, placed.height);
  row.image.mime_type = placed.mime_type;
  row.status = placed.status;
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
      point.visibility = static_cast<int>(std::clamp(visibility, 0.0, 2.0));
    }
    if (!skip(']')) return false;
    points.push_back(point);
  } while (skip(','));
  return skip(']') && bound.empty();
}

std::optional<Project> read_project(Snapshot& snapshot, const std::string& project_id) {
  const auto found = store::find_project(snapshot.database(), project_id);
  if (!found) return std::nullopt;
  Project project;
  project.id = project_id;
  project.name = found->name;
  project.type = found->type;
  project.categories = read_categories(snapshot, project_id);
  return project;
}

void for_each_image(Snapshot& snapshot, const Project& project, bool with_groups,
                    const std::function<void(ImageRow&)>& take,
                    const std::function<void(std::string_view)>& orphan) {
  auto images = store::placed_images(snapshot);
  auto groups = store::groups_by_asset(snapshot, project.id);
  AnnotationReader annotations(snapshot, project);
  ImageRow row;
  for (store::PlacedImage placed; images.next(placed);) {
    read_image(placed, row);
    row.groups.clear();
    row.unknown.clear();
    if (with_groups) {
      groups.select(row.image.asset_id);
      for (std::string_view name; groups.next(name);) row.groups.emplace_back(name);
    }
    annotations.read(row.image.asset_id, row.unknown);
    row.annotations = annotations.annotations();
    take(row);
  }
  find_orphans(snapshot, project, annotations.numbered(), orphan);
}

}  // namespace nexus_mirror::exports
