// Where the images and models of a project belong in its exports, and when they are looked after.
#include <algorithm>
#include <map>

#include "exports/file_names.h"
#include "exports/format_list.h"
#include "exports/in_place.h"
#include "exports/project_export.h"
#include "objects/table.h"
#include "text/percent.h"
#include "text/signed_link.h"

namespace nexus_mirror::exports {
namespace {

using store::ExportMark;

Placing::Target images_of(const std::string& format) {
  return {format, kAnnotations + format, std::string(objects::assets.name)};
}

Placing::Target models() {
  return {store::kModelPlaces, kModels, std::string(objects::models.name)};
}

constexpr const char* kNameless = "model";

// "files/<model id>/<last part of the link's path>".
std::string place_of(const store::KeptModel& model) {
  const std::string_view base = text::link_base(model.link);
  const std::string last = text::percent_decoded(base.substr(base.rfind('/') + 1));
  std::string name = safe_stem(last) + safe_extension(last);
  if (last.empty()) name = kNameless;
  return "files/" + safe_folder(model.model_id) + "/" + name;
}

// Where a model lies, and whether that is the content that it has by now, as far as is known.
struct ModelPlace {
  std::string path;
  bool is_same = false;
};

// A link is signed anew each time, may lead elsewhere and may be gone; so the same content stays
// where it is, but for one that was placed when nothing named it.
std::string place_of(const store::KeptModel& model, const ModelPlace& before) {
  if (before.path.empty()) return place_of(model);
  const bool is_nameless = before.path.ends_with(std::string("/") + kNameless);
  const bool stays = model.link.empty() || (before.is_same && !is_nameless);
  return stays ? before.path : place_of(model);
}

}  // namespace

// Beside the annotation files.
bool ProjectExport::places_images(const Wanted& wanted) const {
  if (!keeps_images_ || !wanted.settings.images || wanted.settings.format == kNdjson) return false;
  return find_format(wanted.settings.format)->images == ImagesAre::beside;
}

bool ProjectExport::encodes_images(const Wanted& wanted) {
  return wanted.settings.images && wanted.settings.format != kNdjson &&
         find_format(wanted.settings.format)->images == ImagesAre::encoded;
}

bool ProjectExport::places_are_due(const Wanted& wanted) {
  const std::string& format = wanted.settings.format;
  const bool has_places =
      std::find(placed_formats_.begin(), placed_formats_.end(), format) != placed_formats_.end();
  if (!has_places && !places_images(wanted)) return false;
  return wanted.due || last_.marks.contains(ExportMark::images) || context_.request.everything ||
         !placed_are_there(images_of(format));
}

bool ProjectExport::placed_are_there(const Placing::Target& target) {
  std::string path = target.folder + "/";
  const std::size_t begin = path.size();
  const auto list = [&](const auto& take) {
    auto places = store::places_of(snapshot_, project_.id, target.format);
    for (store::Place place; places.next(place);) {
      if (!place.placed_as || place.entity_id.empty()) continue;
      path.resize(begin);
      path += place.path;
      if (!take(path)) return;
    }
  };
  return are_in_place(folder_, list, LinkedFolders::refused);
}

std::vector<ProjectExport::PlacingTask> ProjectExport::placing_tasks() const {
  std::vector<PlacingTask> tasks;
  for (const Wanted& wanted : wanted_) {
    if (!wanted.place) continue;
    const bool keeps = places_images(wanted);
    tasks.push_back({images_of(wanted.settings.format), wanted.due || !keeps, keeps});
  }
  if (named()) return tasks;
  for (const std::string& format : placed_formats_) {
    if (format == store::kModelPlaces || is_wanted(format)) continue;
    tasks.push_back({images_of(format), true, false});
  }
  return tasks;
}

// New images come before the files that name them.
void ProjectExport::place_images() {
  for (const PlacingTask& task : placing_tasks()) {
    if (task.plan) placing_.plan(snapshot_, task.target, task.keeps ? &*places_ : nullptr);
    placing_.place(task.target, [this](std::int64_t done, std::int64_t all) {
      tell(ExportStep::Stage::placing, done, all);
    });
  }
}

// A mirror that was made anew, or adopted the directory, knows nothing of what another one placed.
void ProjectExport::remove_unknown_places() {
  if (!last_.marks.contains(ExportMark::files) && !context_.request.adopt) return;
  placing_.remove_unknown({{}, "annotations", std::string(objects::assets.name)});
}

// Old ones go after the files that named them.
void ProjectExport::remove_images() {
  for (const PlacingTask& task : placing_tasks()) {
    placing_.remove(task.target);
    if (!task.keeps) records_.end_placing(project_.id, task.target.format);
    // Ultralytics remembers of images what it remembers of labels.
    labels_gone_ = labels_gone_ || (task.target.format == "yolo" && placing_.changed());
  }
}

bool ProjectExport::models_are_due() {
  const bool placed = std::find(placed_formats_.begin(), placed_formats_.end(),
                                store::kModelPlaces) != placed_formats_.end();
  if (!placed && !store::keeps_content(snapshot_, project_.id, objects::models.name)) return false;
  return !placed || last_.everything || context_.request.everything ||
         last_.marks.contains(ExportMark::models) || last_.tables.contains("models") ||
         !placed_are_there(models());
}

// New ones come before links.json names them, and old ones go when it does so no more.
void ProjectExport::place_models() {
  if (!places_) places_.emplace(snapshot_);
  std::map<std::string, ModelPlace> before;
  auto there =
      store::places_with_content(snapshot_, project_.id, store::kModelPlaces, objects::models.name);
  for (store::PlaceContent place; there.next(place);) {
    const bool is_same = place.placed.empty() || place.placed == place.content;
    before[std::string(place.entity_id)] = {std::string(place.path), is_same};
  }
  for (const store::KeptModel& model : store::kept_models(snapshot_, project_.id)) {
    const std::string path = place_of(model, before[model.model_id]);
    places_->put(store::kModelPlaces, {path, model.model_id});
  }
  placing_.plan(snapshot_, models(), &*places_);
  placing_.place(models(), [this](std::int64_t done, std::int64_t all) {
    tell(ExportStep::Stage::placing, done, all);
  });
}

void ProjectExport::remove_models() {
  placing_.remove(models());
  if (!last_.marks.contains(ExportMark::files) && !context_.request.adopt) return;
  placing_.remove_unknown(models());
}

ModelFiles ProjectExport::model_files() const {
  ModelFiles files;
  store::Snapshot rows(context_.config.mirror);
  auto places = store::places_of(rows, project_.id, store::kModelPlaces);
  for (store::Place place; places.next(place);) {
    const bool there = place.placed_as && *place.placed_as != store::PlacedAs::under_way;
    if (there) files.emplace(place.entity_id, place.path);
  }
  return files;
}

}  // namespace nexus_mirror::exports
