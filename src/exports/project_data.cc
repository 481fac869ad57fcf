#include "exports/project_data.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "exports/file_names.h"
#include "exports/json_file.h"
#include "exports/media.h"
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

// Of a class: its number is one more, those of names without an index follow, and readers of JSON
// hold 53 bits. A tag beyond it is none that an annotation could be exported with.
constexpr std::int64_t kGreatestIndex = 1LL << 52;

void read_categories(Snapshot& snapshot, Project& project) {
  std::vector<Category>& categories = project.categories;
  const auto known = [&](std::string_view name) {
    return std::any_of(categories.begin(), categories.end(),
                       [&](const Category& category) { return category.name == name; });
  };
  std::int64_t next = 0;  // behind the greatest index, whatever it stands for
  auto tags = store::tags_of_project(snapshot, project.id);
  for (store::TagRow tag; tags.next(tag);) {
    if (!tag.named && !project.unnamed_tag) project.unnamed_tag = tag.tag_index;
    if (tag.tag_index < -kGreatestIndex || tag.tag_index > kGreatestIndex) continue;
    next = std::max(next, tag.tag_index + 1);
    if (known(tag.name)) continue;  // a name means its first index
    Category& category = categories.emplace_back();
    category.tag_index = tag.tag_index;
    category.name = tag.name;
    read_skeleton(tag.extra, category);
  }
  auto names = store::names_of_tags(snapshot, project.id);
  for (std::string_view name; names.next(name);) {
    if (name.empty() || known(name)) continue;
    Category& category = categories.emplace_back();
    category.tag_index = next++;
    category.name = name;
  }
  for (std::size_t i = 0; i < categories.size(); ++i) {
    categories[i].line = static_cast<std::int64_t>(i);
  }
}

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

// One asset's annotations at a time, in buffers that are used again for the next.
class AnnotationReader {
 public:
  AnnotationReader(Snapshot& snapshot, const Project& project)
      : rows_(store::annotations_by_asset(snapshot, project.id)) {
    for (const Category& category : project.categories) by_name_[category.name] = &category;
  }

  // What is drawn on one frame of a video, or on a picture.
  struct Drawn {
    std::optional<std::int64_t> frame;
    Annotation annotation;  // category is null where the project has no such tag
  };

  // By id. Numbers go on from one asset to the next, also for annotations of unknown tags.
  std::vector<Drawn>& read(std::string_view asset_id) {
    drawn_.clear();
    points_.clear();
    ends_.clear();
    ids_.clear();
    id_ends_.clear();
    rows_.select(asset_id);
    for (store::AnnotationRow row; rows_.next(row);) take(row);
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

  std::int64_t numbered() const { return number_; }

 private:
  void take(const store::AnnotationRow& row) {
    Drawn& drawn = drawn_.emplace_back();
    Annotation& annotation = drawn.annotation;
    drawn.frame = row.frame;
    ids_ += row.id;
    id_ends_.push_back(ids_.size());
    const auto category = by_name_.find(row.tag);
    if (category != by_name_.end()) annotation.category = category->second;
    annotation.type = bound_type_of(row.bound_type);
    if (row.extent) {
      const auto& [xmin, ymin, xmax, ymax] = *row.extent;
      annotation.box = {xmin, ymin, xmax, ymax};
    }
    const std::size_t before = points_.size();
    if (!parse_points(row.bound, points_)) points_.resize(before);
    if (annotation.type == BoundType::rectangle && annotation.box) {
      const auto corners = std::span<const Point>(points_).subspan(before);
      if (is_upright(corners, *annotation.box)) points_.resize(before);
    }
    ends_.push_back(points_.size());
  }

  std::string_view id(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : id_ends_[index - 1];
    return std::string_view(ids_).substr(begin, id_ends_[index] - begin);
  }

  store::RowsOf<store::AnnotationRow> rows_;
  std::map<std::string_view, const Category*> by_name_;
  std::vector<Drawn> drawn_;
  std::vector<Point> points_;
  std::vector<std::size_t> ends_, id_ends_;
  std::string ids_;
  std::int64_t number_ = 0;
};

using Drawn = AnnotationReader::Drawn;

void find_orphans(Snapshot& snapshot, const Project& project, std::int64_t numbered,
                  const std::function<void(std::string_view)>& orphan) {
  if (store::count_annotations(snapshot, project.id) == numbered) return;
  auto orphans = store::orphaned_annotations(snapshot, project.id);
  for (std::string_view id; orphans.next(id);) orphan(id);
}

void read_image(const store::PlacedImage& placed, ImageRow& row) {
  row.image.asset_id = placed.asset_id;
  row.image.name = placed.name.value_or(placed.filename);
  row.image.stem = placed.stem;
  row.image.medium = medium_of(placed.mime_type, placed.filename);
  row.image.width = std::max<std::int64_t>(0, placed.width);
  row.image.height = std::max<std::int64_t>(0, placed.height);
  row.image.mime_type = placed.mime_type;
  row.filename = placed.filename;
  row.custom_metadata = placed.custom_metadata;
  row.status = placed.status;
}

// Parts an asset into its images and hands each over.
class ImageParter {
 public:
  explicit ImageParter(const std::function<void(ImageRow&)>& take) : take_(take) {}

  // `row` is the asset as a whole, `drawn` what is on it, by id.
  void part(ImageRow& row, std::vector<Drawn>& drawn) {
    row.without_frame.clear();
    if (row.image.medium != Medium::video) return hand_over(row, drawn);
    std::stable_sort(drawn.begin(), drawn.end(),
                     [](const Drawn& a, const Drawn& b) { return a.frame < b.frame; });
    std::span<const Drawn> rest = drawn;
    while (!rest.empty() && !rest.front().frame) {
      row.without_frame.push_back(rest.front().annotation.id);
      rest = rest.subspan(1);
    }
    if (rest.empty()) return hand_over(row, rest);
    const std::string stem(row.image.stem);
    const OtherNames others = row.other_names;
    while (!rest.empty()) {
      const auto end = std::find_if(rest.begin(), rest.end(), [&](const Drawn& one) {
        return one.frame != rest.front().frame;
      });
      const auto count = static_cast<std::size_t>(end - rest.begin());
      call_frame(others, *rest.front().frame, row.other_names);
      hand_over_frame(row, stem, rest.first(count));
      row.without_frame.clear();
      rest = rest.subspan(count);
    }
  }

 private:
  static void call_frame(const OtherNames& video, std::int64_t frame, OtherNames& names) {
    for (std::size_t rule = 0; rule < video.size(); ++rule) {
      if (!video[rule]) continue;
      const std::string stem = video[rule]->stem + frame_suffix(frame);
      names[rule] = ImageNames{stem + ".jpg", stem};
    }
  }

  void hand_over_frame(ImageRow& row, const std::string& stem, std::span<const Drawn> drawn) {
    const std::string frame_stem = stem + frame_suffix(*drawn.front().frame);
    const std::string name = frame_stem + ".jpg";
    row.image.medium = Medium::picture;
    row.image.stem = frame_stem;
    row.image.name = name;
    row.image.mime_type = "image/jpeg";
    hand_over(row, drawn);
  }

  void hand_over(ImageRow& row, std::span<const Drawn> drawn) {
    row.image.number = ++number_;
    row.unknown.clear();
    annotations_.clear();
    for (const Drawn& one : drawn) {
      if (one.annotation.category == nullptr) {
        row.unknown.push_back(one.annotation.id);
      } else {
        annotations_.push_back(one.annotation);
      }
    }
    row.annotations = annotations_;
    take_(row);
  }

  const std::function<void(ImageRow&)>& take_;
  std::vector<Annotation> annotations_;
  std::int64_t number_ = 0;
};

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

std::optional<Project> read_project(Snapshot& snapshot, const std::string& project_id) {
  const auto found = store::find_project(snapshot.database(), project_id);
  if (!found) return std::nullopt;
  Project project;
  project.id = project_id;
  project.name = found->name;
  project.type = found->type;
  read_categories(snapshot, project);
  return project;
}

void for_each_image(Snapshot& snapshot, const Project& project, bool with_groups,
                    const std::function<void(ImageRow&)>& take,
                    const std::function<void(std::string_view)>& orphan) {
  auto images = store::placed_images(snapshot);
  auto groups = store::groups_by_asset(snapshot, project.id);
  AnnotationReader annotations(snapshot, project);
  ImageParter parter(take);
  ImageRow row;
  for (store::PlacedImage placed; images.next(placed);) {
    if (placed.rule != 0) {
      row.other_names[static_cast<std::size_t>(placed.rule)] = {
          std::string(placed.name.value_or(placed.filename)), std::string(placed.stem)};
      continue;
    }
    read_image(placed, row);
    row.groups.clear();
    if (with_groups) {
      groups.select(row.image.asset_id);
      for (std::string_view name; groups.next(name);) row.groups.emplace_back(name);
    }
    parter.part(row, annotations.read(row.image.asset_id));
    row.other_names = {};
  }
  find_orphans(snapshot, project, annotations.numbered(), orphan);
}

}  // namespace nexus_mirror::exports
