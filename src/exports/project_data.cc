#include "exports/project_data.h"

#include <algorithm>

#include "exports/annotations_in_order.h"
#include "exports/file_names.h"
#include "exports/json_file.h"
#include "exports/media.h"
#include "store/image_places.h"
#include "store/project_classes.h"
#include "store/project_images.h"
#include "store/project_row.h"

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
  row.image.frame = false;
  row.image.content = placed.content;
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
    row.image.frame = true;
    row.image.content = {};
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

void for_each_image(Snapshot& snapshot, const Project& project, const ImageScan& scan,
                    const std::function<void(ImageRow&)>& take,
                    const std::function<void(std::string_view)>& orphan) {
  AnnotationsInOrder annotations(snapshot, project, scan.folder);
  auto images = store::placed_images(snapshot, project.id, {scan.with_metadata, scan.with_content});
  auto groups = store::groups_by_asset(snapshot, project.id);
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
    if (scan.with_groups) {
      groups.select(row.image.asset_id);
      for (std::string_view name; groups.next(name);) row.groups.emplace_back(name);
    }
    parter.part(row, annotations.at(placed.place));
    row.other_names = {};
  }
  find_orphans(snapshot, project, annotations.numbered(), orphan);
}

}  // namespace nexus_mirror::exports
