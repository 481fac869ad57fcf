#include "exports/project_export.h"

#include <algorithm>

#include "env/file.h"
#include "exports/class_numbers.h"
#include "exports/closed_files.h"
#include "exports/file_names.h"
#include "exports/format_list.h"
#include "exports/format_runs.h"
#include "exports/formats/ndjson.h"
#include "exports/image_order.h"
#include "exports/manifest.h"
#include "exports/past_export.h"
#include "log/log.h"
#include "store/project_images.h"
#include "store/project_row.h"
#include "text/joined.h"

namespace nexus_mirror::exports {

namespace fs = std::filesystem;
using store::ExportedFormat;
using store::ExportMark;

namespace {

constexpr std::int64_t kTellEvery = 256;  // images

store::Snapshot source_of(const ExportContext& context, const std::string& project_id) {
  if (context.past == nullptr) return store::Snapshot(context.config.mirror);
  return store::Snapshot(context.past->mirror, context.past->as_of, project_id);
}

}  // namespace

ProjectExport::ProjectExport(ExportContext& context, const std::string& project_id)
    : context_(context),
      snapshot_(source_of(context, project_id)),
      records_(context.store.exports),
      folder_name_(safe_folder(project_id)),
      folder_(context.config.mirror.export_dir / folder_name_),
      placing_(context, project_id, folder_) {
  watch(snapshot_);
  if (context.past != nullptr) show_past_images(context, snapshot_, project_id);
  const auto project = read_project(snapshot_, project_id);
  if (!project) {
    throw Error(ErrorCode::usage, "exporting", "project " + project_id, "the mirror has none such",
                "'nexus-mirror status' lists them");
  }
  project_ = *project;
  for (const objects::Table* table : {&objects::assets, &objects::annotations}) {
    if (store::was_fetched_whole(snapshot_.database(), project_id, *table)) continue;
    throw Error(ErrorCode::usage, "exporting", "project " + project_.name,
                "its " + std::string(table->name) + " were never fetched to the end",
                "run 'nexus-mirror sync'");
  }
  last_ = store::read_export_state(snapshot_, project_id, folder_name_);
  keeps_images_ = store::keeps_content(snapshot_, project_id, objects::assets.name);
  placed_formats_ = store::formats_with_places(snapshot_, project_id);
  find_why_it_waits();
  choose_formats();
}

void ProjectExport::run(env::PathList& written) {
  written_ = &written;
  const std::size_t before = written.size();
  const bool links_only = context_.request.links_only;
  if (links_only && !last_.exported_before) return;
  clear_staging(folder_);  // of a call that was cut short
  std::error_code error;
  const bool manifest = fs::is_regular_file(folder_ / kManifest, error);
  leave_out_of_reach();
  const bool any_due =
      std::any_of(wanted_.begin(), wanted_.end(), [](const Wanted& wanted) { return wanted.due; });
  const bool files = !links_only && !waits_;
  const bool any_files = files && (any_due || (!named() && any_dropped()));
  by_other_rules_ = by_other_rules_ && any_files;
  const bool any_images = files && !placing_tasks().empty();
  if (any_files) {
    make_formats();
  } else if (any_images) {
    place_images();
    remove_images();
    remove_label_caches(nullptr);
  }
  const bool models = !links_only && !named() && models_are_due();
  if (models) place_models();
  // Also where an earlier call was cut short between the links and the manifest.
  const bool links = !named() && (update_links() || last_.marks.contains(ExportMark::links));
  if (models) remove_models();
  // What --format names is of that call alone.
  const bool misfits = files && !named() && misfits_ != last_.misfits;
  if (misfits) records_.put_misfits(project_.id, misfits_);
  const bool exported = any_files || last_.exported_before;
  if (any_files || any_images || links || misfits ||
      (exported && (!manifest || context_.request.everything))) {
    update_manifest(written.size() > before || placing_.changed());
  }
  clear_staging(folder_);
  if (placing_.changed()) {
    log::info("images and models in its exports: " + std::to_string(placing_.placed()) +
                  " placed, " + std::to_string(placing_.gone()) + " taken away",
              {{"project", project_.name}});
  }
  const bool behind = last_.everything || !last_.tables.empty() || !last_.marks.empty();
  const bool in_trouble = !placing_.troubles().empty();
  if (files && (any_files || any_images || behind || in_trouble)) {
    if (!left_behind_) {
      records_.settle(project_.id, last_.position, in_trouble);
    }
  } else if (links) {
    records_.settle_links(project_.id);
  }
}

// Files that hold images stay as they are while the images cannot be had, or have no room.
void ProjectExport::leave_out_of_reach() {
  if (!keeps_images_ || waits_ || context_.request.links_only) return;
  std::optional<bool> may;
  for (Wanted& wanted : wanted_) {
    if (!wanted.due || !encodes_images(wanted)) continue;
    if (!may) may = placing_.may_copy(store::kept_image_bytes(snapshot_, project_.id));
    wanted.due = *may;
    left_behind_ = left_behind_ || !*may;
  }
}

void ProjectExport::make_formats() {
  store::MadeFiles files(snapshot_);
  places_.emplace(snapshot_);
  ClosedFiles closed(files, *places_);
  Staging staging(folder_, context_.request.force,
                  [&](const StagedFile& file) { closed.add(file); });
  std::vector<const Wanted*> due;
  std::vector<ExportedFormat> made;
  for (const Wanted& wanted : wanted_) {
    if (!wanted.due) continue;
    if (wanted.settings.format == kNdjson) {
      made.push_back(make_ndjson(staging, wanted));
    } else {
      due.push_back(&wanted);
    }
  }
  if (!due.empty()) {
    for (ExportedFormat& format : make_image_formats(staging, due, closed)) {
      made.push_back(std::move(format));
    }
  }
  closed.settle();
  // What the scan had read stands in the files by now; what follows walks their names, in order.
  snapshot_.give_memory_back();
  for (ExportedFormat& format : made) format.annotations = files.annotations_in(format.format);
  for (const auto& [format, left_out] : left_out_) tell_if_empty(*find(made, format), left_out);
  put_in_place(staging, files, made);
  tell_renames();
}

ExportedFormat ProjectExport::describe(const Wanted& wanted, const std::string& classes) {
  ExportedFormat format;
  format.format = wanted.settings.format;
  format.requested = wanted.requested;
  format.settings = settings_json(wanted.settings);
  format.classes = classes;
  format.rules = kExportRules;
  compare_with_before(format);
  return format;
}

// What became of the classes' numbers since the last export.
void ProjectExport::compare_with_before(ExportedFormat& format) {
  const ExportedFormat* before = find(last_.formats, format.format);
  if (before == nullptr) return;
  const ClassChanges changes = compare_classes(before->classes, format.classes);
  for (const auto& [id, old_name, name] : changes.renames) {
    renames_["class " + std::to_string(id) + " was renamed " + old_name + " -> " + name +
             ", numbers stay"]
        .push_back(format.format);
  }
  if (changes.renumbered) {
    format.classes_before = before->classes;
    log::warning(
        "classes were renumbered; a model that was trained on the numbers of before needs "
        "classes_before of manifest.json",
        {{"project", project_.name}, {"format", format.format}});
  } else if (before->classes_before &&
             compare_classes(*before->classes_before, format.classes).renumbered) {
    format.classes_before = before->classes_before;
  }
}

void ProjectExport::tell_renames() const {
  for (const auto& [what, formats] : renames_) {
    log::info(what, {{"project", project_.name}, {"formats", text::joined(formats, ", ")}});
  }
}

void ProjectExport::tell_if_empty(const ExportedFormat& format, const LeftOut& left_out) const {
  if (format.annotations > 0) return;
  if (left_out.skipped() > 0) {
    log::warning(format.format + " holds no annotation; left out: " + left_out.skipped_text(),
                 {{"project", project_.name}, {"images", format.images}});
  } else if (named()) {
    log::warning(format.format + " holds no annotation: there is none",
                 {{"project", project_.name}, {"images", format.images}});
  }
}

ExportedFormat ProjectExport::make_ndjson(Staging& staging, const Wanted& wanted) {
  const auto files = staging.files(kAnnotations + std::string(kNdjson));
  write_ndjson(snapshot_, project_.id, *files);
  ExportedFormat format = describe(wanted, classes_json(project_, ClassIds::tag_index_plus_one));
  format.images = store::count_assets(snapshot_, project_.id);
  format.skipped = format.left_out = format.approximated = "[]";
  return format;
}

// As many as the longest annotation has, or the longest list of names.
void ProjectExport::count_keypoints() {
  project_.keypoints = store::most_keypoints(snapshot_, project_.id);
  for (const Category& category : project_.categories) {
    project_.keypoints = std::max(project_.keypoints, std::ssize(category.keypoint_names));
  }
}

// Often, where nothing else would see a stop. Only bytes that get to the disk are progress: a disk
// that hangs is for the watchdog.
void ProjectExport::go_on(Staging& staging, std::uint64_t& moves) const {
  if (moves != staging.moves() && context_.request.progress) context_.request.progress();
  moves = staging.moves();
  if (context_.stop.stop_requested()) staging.give_up();
}

void ProjectExport::tell(ExportStep::Stage stage, std::int64_t done, std::int64_t total) {
  context_.steps.tell(project_.id, project_.name, stage, done, total);
}

std::vector<ExportedFormat> ProjectExport::make_image_formats(Staging& staging,
                                                              const std::vector<const Wanted*>& due,
                                                              ClosedFiles& closed) {
  std::vector<const Format*> formats;
  bool keypoints = false;
  ImageScan scan{folder_ / kStaging};
  for (const Wanted* wanted : due) {
    formats.push_back(find_format(wanted->settings.format));
    const Traits traits = formats.back()->traits(project_);
    keypoints = keypoints || traits.accepts[static_cast<std::size_t>(BoundType::keypoints)];
    const SplitSettings& split = wanted->settings.split;
    scan.with_groups = scan.with_groups || !wanted->settings.groups.empty() || split.by_groups();
    scan.with_metadata = scan.with_metadata || split.by_metadata();
    scan.with_content = scan.with_content || encodes_images(*wanted);
  }
  if (keypoints) count_keypoints();
  std::vector<std::unique_ptr<FileSet>> files;
  std::uint64_t moves = 0;
  FormatRuns runs([&] {
    closed.settle();
    go_on(staging, moves);
  });
  for (std::size_t i = 0; i < due.size(); ++i) {
    const std::string& format = due[i]->settings.format;  // which stays
    Pictures pictures{context_.config.content_dir(), {}};
    if (places_images(*due[i])) {
      pictures.place = [&closed, &format](const std::string& path, std::string_view asset_id) {
        closed.add_place(format, path, asset_id);
      };
    }
    files.push_back(staging.files(kAnnotations + format, std::move(pictures)));
    runs.add(*formats[i], project_, due[i]->settings, *files.back());
  }
  order_images(snapshot_, project_.id);
  images_ordered_ = true;
  const std::int64_t all = store::count_assets(snapshot_, project_.id);
  std::int64_t images = 0;
  tell(ExportStep::Stage::writing, 0, all);
  for_each_image(
      snapshot_, project_, scan,
      [&](const ImageRow& row) {
        runs.take(row);
        if (++images % kTellEvery == 0) tell(ExportStep::Stage::writing, images, all);
      },
      [&](std::string_view orphan) { runs.orphan(orphan); });
  runs.finish();
  tell(ExportStep::Stage::writing, images, all);
  std::vector<ExportedFormat> made;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const LeftOut& left_out = runs[i].left_out();
    ExportedFormat& format = made.emplace_back(
        describe(*due[i], classes_json(project_, formats[i]->traits(project_).class_ids)));
    format.images = runs[i].images();
    format.skipped = left_out.skipped_json();
    format.left_out = left_out.left_out_json();
    format.approximated = left_out.approximated_json();
    if (due[i]->settings.images) format.places = files[i]->images.places;
    format.placing = places_images(*due[i]);
    format.encoded = files[i]->images.encoded;
    format.encoded_bytes = files[i]->images.encoded_bytes;
    left_out_.emplace(format.format, left_out);
  }
  return made;
}

void ProjectExport::watch(store::Snapshot& snapshot) const {
  snapshot.watch([this] {
    if (context_.request.progress) context_.request.progress();
    return !context_.stop.stop_requested();
  });
}

}  // namespace nexus_mirror::exports
