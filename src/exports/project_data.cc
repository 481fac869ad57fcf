#include "exports/project_data.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

using store::ResetGuard;
using store::Snapshot;
using store::Statement;

// Names and skeleton of a tag's keypoints, where the server sends them with the tag.
void read_skeleton(std::string_view extra, Category& category) {
  rapidjson::Document json;
  json.Parse(extra.data(), extra.size());
  if (!json.IsObject()) return;
  const auto names = json.FindMember("keypoints");
  if (names != json.MemberEnd() && names->value.IsArray()) {
    for (const auto& name : names->value.GetArray()) {
      if (name.IsString()) category.keypoint_names.emplace_back(name.GetString());
    }
  }
  const auto skeleton = json.FindMember("skeleton");
  if (skeleton == json.MemberEnd() || !skeleton->value.IsArray()) return;
  for (const auto& pair : skeleton->value.GetArray()) {
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
  Statement tags = snapshot.prepare(
      "SELECT tag_index, ifnull(name, ''), ifnull(extra, '') FROM tags WHERE project_id = ? "
      "ORDER BY tag_index");
  tags.bind(1, std::string_view(project_id));
  while (tags.step()) {
    if (known(tags.text(1))) continue;  // a name means its first index
    Category& category = categories.emplace_back();
    category.tag_index = tags.integer(0);
    category.name = tags.text(1);
    read_skeleton(tags.text(2), category);
  }
  Statement names =
      snapshot.prepare("SELECT name FROM project_tags WHERE project_id = ? ORDER BY position");
  names.bind(1, std::string_view(project_id));
  while (names.step()) {
    if (known(names.text(0))) continue;
    const std::int64_t index = categories.empty() ? 0 : categories.back().tag_index + 1;
    Category& category = categories.emplace_back();
    category.tag_index = index;
    category.name = names.text(0);
  }
  for (std::size_t i = 0; i < categories.size(); ++i) {
    categories[i].line = static_cast<std::int64_t>(i);
  }
  return categories;
}

BoundType bound_type_of(std::string_view name) {
  constexpr std::pair<std::string_view, BoundType> kNames[] = {
      {"Rectangle", BoundType::rectangle}, {"Polygon", BoundType::polygon},
      {"Keypoints", BoundType::keypoints}, {"Classification", BoundType::classification},
      {"Bitmask3d", BoundType::bitmask3d},
  };
  for (const auto& [known, type] : kNames) {
    if (known == name) return type;
  }
  return BoundType::other;
}

double real_at(const Statement& row, int column) {
  const objects::Cell cell = row.column(column);
  return cell.type == objects::Cell::Type::integer ? static_cast<double>(cell.integer) : cell.real;
}

// One image's annotations at a time, in buffers that are used again for the next.
class AnnotationReader {
 public:
  AnnotationReader(Snapshot& snapshot, const Project& project)
      : project_(project),
        select_(snapshot.prepare(
            "SELECT id, ifnull(tag, ''), ifnull(bound_type, ''), ifnull(bound, ''), xmin, ymin, "
            "xmax, ymax FROM annotations WHERE asset_id = ? AND +project_id = ?")) {
    for (const Category& category : project.categories) by_name_[category.name] = &category;
  }

  // Numbers go on from one image to the next, also for annotations of unknown tags.
  void read(std::string_view asset_id, std::vector<std::string_view>& unknown) {
    annotations_.clear();
    points_.clear();
    ends_.clear();
    ids_.clear();
    id_ends_.clear();
    ResetGuard guard(select_);
    select_.bind(1, asset_id).bind(2, std::string_view(project_.id));
    while (select_.step()) take_row();
    // Only now do the buffers stay where they are.
    for (std::size_t i = 0; i < annotations_.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
      annotations_[i].points = std::span<const Point>(points_).subspan(begin, ends_[i] - begin);
      annotations_[i].id = id(i);
    }
    // SQLite would copy each row to sort them.
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
  void take_row() {
    Annotation& annotation = annotations_.emplace_back();
    ids_ += select_.text(0);
    id_ends_.push_back(ids_.size());
    const auto category = by_name_.find(select_.text(1));
    if (category != by_name_.end()) annotation.category = category->second;
    annotation.type = bound_type_of(select_.text(2));
    const std::size_t before = points_.size();
    // A rectangle is its box.
    const bool wanted = annotation.type != BoundType::rectangle;
    if (wanted && !parse_points(select_.text(3), points_)) points_.resize(before);
    ends_.push_back(points_.size());
    if (!select_.null(4)) {
      annotation.box = {real_at(select_, 4), real_at(select_, 5), real_at(select_, 6),
                        real_at(select_, 7)};
    }
  }

  std::string_view id(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : id_ends_[index - 1];
    return std::string_view(ids_).substr(begin, id_ends_[index] - begin);
  }

  const Project& project_;
  Statement select_;
  std::map<std::string_view, const Category*> by_name_;
  std::vector<Annotation> annotations_;
  std::vector<Point> points_;
  std::vector<std::size_t> ends_, id_ends_;
  std::string ids_;
  std::int64_t number_ = 0;
};

void find_orphans(Snapshot& snapshot, const Project& project, std::int64_t numbered,
                  const std::function<void(std::string_view)>& orphan) {
  Statement count = snapshot.prepare("SELECT count(*) FROM annotations WHERE project_id = ?");
  count.bind(1, std::string_view(project.id)).step();
  if (count.integer(0) == numbered) return;
  Statement select = snapshot.prepare(
      "SELECT id FROM annotations n WHERE project_id = ? AND NOT EXISTS (SELECT 1 FROM assets a "
      "WHERE a.id = n.asset_id AND a.project_id = n.project_id) ORDER BY id");
  select.bind(1, std::string_view(project.id));
  while (select.step()) orphan(select.text(0));
}

std::int64_t pixels(const Statement& row, int column) {
  return row.null(column) ? 0 : std::max<std::int64_t>(0, row.integer(column));
}

}  // namespace

bool parse_points(std::string_view bound, std::vector<Point>& points) {
  const char* at = bound.data();
  const char* const end = at + bound.size();
  const auto skip = [&](char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  };
  const auto number = [&](double& value) {
    const auto [rest, error] = std::from_chars(at, end, value);
    at = rest;
    return error == std::errc() && std::isfinite(value);
  };
  if (!skip('[')) return false;
  if (skip(']')) return at == end;
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
  return skip(']') && at == end;
}

std::optional<Project> read_project(Snapshot& snapshot, const std::string& project_id) {
  Statement select =
      snapshot.prepare("SELECT ifnull(name, ''), ifnull(type, '') FROM projects WHERE id = ?");
  if (!select.bind(1, std::string_view(project_id)).step()) return std::nullopt;
  Project project;
  project.id = project_id;
  project.name = select.text(0);
  project.type = select.text(1);
  project.categories = read_categories(snapshot, project_id);
  return project;
}

std::int64_t most_keypoints(Snapshot& snapshot, const std::string& project_id) {
  Statement most = snapshot.prepare(
      "SELECT max(json_array_length(bound)) FROM annotations WHERE project_id = ? AND "
      "bound_type = 'Keypoints' AND json_valid(bound)");
  most.bind(1, std::string_view(project_id)).step();
  return most.null(0) ? 0 : most.integer(0);
}

void for_each_image(Snapshot& snapshot, const Project& project, bool with_groups,
                    const std::function<void(ImageRow&)>& take,
                    const std::function<void(std::string_view)>& orphan) {
  Statement images = snapshot.prepare(
      "SELECT p.place, a.id, ifnull(p.name, a.filename), p.stem, a.width, a.height, "
      "ifnull(a.mime_type, ''), ifnull(a.status, '') FROM temp.image_places p "
      "JOIN assets a ON a.rowid = p.asset ORDER BY p.place");
  Statement groups =
      snapshot.prepare("SELECT name FROM asset_groups WHERE asset_id = ? ORDER BY name");
  AnnotationReader annotations(snapshot, project);
  ImageRow row;
  while (images.step()) {
    row.image.number = images.integer(0);
    row.image.asset_id = images.text(1);
    row.image.name = images.text(2);
    row.image.stem = images.text(3);
    row.image.width = pixels(images, 4);
    row.image.height = pixels(images, 5);
    row.image.mime_type = images.text(6);
    row.status = images.text(7);
    row.groups.clear();
    row.unknown.clear();
    if (with_groups) {
      ResetGuard guard(groups);
      groups.bind(1, row.image.asset_id);
      while (groups.step()) row.groups.emplace_back(groups.text(0));
    }
    annotations.read(row.image.asset_id, row.unknown);
    row.annotations = annotations.annotations();
    take(row);
  }
  find_orphans(snapshot, project, annotations.numbered(), orphan);
}

}  // namespace nexus_mirror::exports
