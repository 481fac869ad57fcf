#include "exports/project_export.h"

#include <algorithm>
#include <deque>
#include <tuple>

#include "env/file.h"
#include "exports/file_names.h"
#include "exports/format_list.h"
#include "exports/format_run.h"
#include "exports/formats/ndjson.h"
#include "exports/image_order.h"
#include "exports/manifest.h"
#include "log/log.h"
#include "store/project_images.h"
#include "store/project_row.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;
using store::ExportedFormat;
using store::ExportMark;

// ndjson is made from all tables.
bool concerns_images(const std::string& name) {
  const objects::Table* table = objects::find_table(name);
  return table != nullptr && table->drawn;
}

const ExportedFormat* find(const std::vector<ExportedFormat>& formats, const std::string& name) {
  for (const ExportedFormat& format : formats) {
    if (format.format == name) return &format;
  }
  return nullptr;
}

}  // namespace

ProjectExport::ProjectExport(ExportContext& context, const std::string& project_id)
    : context_(context),
      snapshot_(context.config.mirror),
      records_(context.store.exports),
      folder_name_(safe_folder(project_id)),
      folder_(context.config.mirror.export_dir / folder_name_) {
  watch(snapshot_);
  const auto project = read_project(snapshot_, project_id);
  if (!project) {
    throw Error(ErrorCode::usage, "exporting", "project " + project_id, "the mirror has none such",
                "'nexus-mirror status' lists them");
  }
  project_ = *project;
  for (const objects::Table* table : {&objects::assets, &objects::annotations}) {
    if (context.store.tables.loaded(project_id, *table)) continue;
    throw Error(ErrorCode::usage, "exporting", "project " + project_.name,
                "its " + std::string(table->name) + " were never fetched to the end",
                "run 'nexus-mirror sync'");
  }
  last_ = store::read_export_state(snapshot_, project_id, folder_name_);
  choose_formats();
}

void ProjectExport::choose_formats() {
  for (FormatSettings& settings :
       settings_of(context_.config, project_.id, project_.name, project_.type)) {
    wanted_.push_back({std::move(settings)});
  }
  // What was asked for once is kept up to date, until its folder is taken away.
  for (const ExportedFormat& format : last_.formats) {
    std::error_code error;
    const fs::path folder = folder_ / kAnnotations / format.format;
    if (format.requested && fs::is_directory(folder, error)) add_requested(format.format);
  }
  for (const std::string& format : context_.request.formats) add_requested(format);
  const auto& only = context_.request.formats;
  for (Wanted& wanted : wanted_) {
    const std::string& format = wanted.settings.format;
    const bool selected = only.empty() || std::find(only.begin(), only.end(), format) != only.end();
    const bool is_stored = find(last_.formats, format) != nullptr;
    wanted.due = (selected && (context_.request.everything || !is_stored)) ||
                 (is_stored && out_of_date(wanted));
  }
}

void ProjectExport::add_requested(const std::string& format) {
  const bool there = std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& wanted) {
    return wanted.settings.format == format;
  });
  if (there) return;
  Wanted wanted;
  if (!wanted_.empty()) wanted.settings = wanted_.front().settings;
  wanted.settings.format = format;
  wanted.requested = true;
  wanted_.push_back(std::move(wanted));
}

bool ProjectExport::out_of_date(const Wanted& wanted) {
  const std::string& format = wanted.settings.format;
  if (find(last_.formats, format)->settings != settings_json(wanted.settings)) return true;
  if (last_.everything || last_.marks.contains(ExportMark::files)) return true;
  const bool concerned =
      format == kNdjson ? !last_.tables.empty() || last_.marks.contains(ExportMark::run_logs)
                        : std::any_of(last_.tables.begin(), last_.tables.end(), concerns_images);
  return concerned || !files_are_there(format);
}

bool ProjectExport::files_are_there(const std::string& format) {
  auto files = store::exported_files(snapshot_, project_.id, format);
  std::error_code error;
  for (store::ExportedFileRow file; files.next(file);) {
    if (!fs::exists(context_.config.mirror.export_dir / file.path, error)) return false;
  }
  return true;
}

bool ProjectExport::any_dropped() const {
  return std::any_of(last_.formats.begin(), last_.formats.end(), [&](const ExportedFormat& format) {
    return std::none_of(wanted_.begin(), wanted_.end(), [&](const Wanted& wanted) {
      return wanted.settings.format == format.format;
    });
  });
}

std::vector<std::string> ProjectExport::run() {
  if (context_.request.links_only && !last_.exported_before) return {};
  std::ignore = env::remove_tree(folder_ / ".staging");  // of a call that was cut short
  std::error_code error;
  const bool manifest = fs::is_regular_file(folder_ / kManifest, error);
  const bool any_due =
      std::any_of(wanted_.begin(), wanted_.end(), [](const Wanted& wanted) { return wanted.due; });
  const bool any_files = !context_.request.links_only && (any_due || any_dropped());
  if (any_files) make_formats();
  // Also where an earlier call was cut short between the links and the manifest.
  const bool links = update_links() || last_.marks.contains(ExportMark::links);
  if (any_files || links || !manifest || context_.request.everything) {
    update_manifest(!written_.empty());
  }
  const bool behind = last_.everything || !last_.tables.empty() || !last_.marks.empty();
  if (!context_.request.links_only && (any_files || behind)) {
    records_.settle(project_.id, last_.position);
  } else if (links) {
    records_.settle_links(project_.id);
  }
  return std::move(written_);
}

void ProjectExport::make_formats() {
  store::MadeFiles files(snapshot_);
  Staging staging(folder_, context_.request.force, [&](const StagedFile& file) {
    const std::size_t begin = std::string_view(kAnnotations).size();
    const std::string_view format =
        std::string_view(file.path).substr(begin, file.path.find('/', begin) - begin);
    files.put({file.path, format, file.sha256, file.annotations, file.skipped, file.changed});
  });
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
    for (ExportedFormat& format : make_image_formats(staging, due)) {
      made.push_back(std::move(format));
    }
  }
  for (ExportedFormat& format : made) format.annotations = files.annotations_in(format.format);
  put_in_place(staging, files, made);
}

ExportedFormat ProjectExport::describe(const Wanted& wanted, const std::string& classes) const {
  ExportedFormat format;
  format.format = wanted.settings.format;
  format.requested = wanted.requested;
  format.settings = settings_json(wanted.settings);
  format.classes = classes;
  const ExportedFormat* before = find(last_.formats, format.format);
  if (before == nullptr) return format;
  format.classes_before = before->classes_before;
  if (renumbers(before->classes, classes)) {
    format.classes_before = before->classes;
    log::warning(
        "classes were renumbered; a model that was trained on the numbers of before needs "
        "classes_before of manifest.json",
        {{"project", project_.name}, {"format", format.format}});
  }
  return format;
}

ExportedFormat ProjectExport::make_ndjson(Staging& staging, const Wanted& wanted) {
  const auto files = staging.files(kAnnotations + std::string(kNdjson));
  write_ndjson(snapshot_, project_.id, *files);
  ExportedFormat format = describe(wanted, classes_json(project_, ClassIds::tag_index_plus_one));
  format.images = store::count_assets(snapshot_, project_.id);
  format.skipped = format.left_out = "[]";
  return format;
}

std::vector<ExportedFormat> ProjectExport::make_image_formats(
    Staging& staging, const std::vector<const Wanted*>& due) {
  std::vector<const Format*> formats;
  bool keypoints = false, groups = false;
  for (const Wanted* wanted : due) {
    formats.push_back(find_format(wanted->settings.format));
    const Traits traits = formats.back()->traits(project_);
    keypoints = keypoints || traits.accepts[static_cast<std::size_t>(BoundType::keypoints)];
    groups = groups || !wanted->settings.groups.empty();
  }
  if (keypoints) project_.keypoints = store::most_keypoints(snapshot_, project_.id);
  std::vector<std::unique_ptr<FileSet>> files;
  std::deque<FormatRun> runs;
  for (std::size_t i = 0; i < due.size(); ++i) {
    files.push_back(staging.files(kAnnotations + due[i]->settings.format));
    runs.emplace_back(*formats[i], project_, due[i]->settings, *files.back());
  }
  order_images(snapshot_, project_.id);
  images_ordered_ = true;
  for_each_image(
      snapshot_, project_, groups,
      [&](const ImageRow& row) {
        for (FormatRun& run : runs) run.take(row);
      },
      [&](std::string_view orphan) {
        for (FormatRun& run : runs) run.orphan(orphan);
      });
  std::vector<ExportedFormat> made;
  for (std::size_t i = 0; i < due.size(); ++i) {
    runs[i].finish();
    ExportedFormat& format = made.emplace_back(
        describe(*due[i], classes_json(project_, formats[i]->traits(project_).class_ids)));
    format.images = runs[i].images();
    format.skipped = runs[i].left_out().skipped_json();
    format.left_out = runs[i].left_out().left_out_json();
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
