// Putting the files of a project's export in place, and what describes them.
#include <algorithm>
#include <cerrno>

#include "env/file.h"
#include "exports/asset_sets.h"
#include "exports/format_list.h"
#include "exports/image_order.h"
#include "exports/links.h"
#include "exports/manifest.h"
#include "exports/project_export.h"
#include "store/project_row.h"

namespace nexus_mirror::exports {

namespace fs = std::filesystem;
using store::ExportedFile;
using store::ExportedFormat;
using store::MadeFile;

namespace {

constexpr std::int64_t kTellEvery = 256;  // files

}  // namespace

void ProjectExport::put_in_place(Staging& staging, store::MadeFiles& files,
                                 const std::vector<ExportedFormat>& made) {
  if (files.any_changed()) staging.flush();
  auto all = files.all();
  records_.begin(
      project_.id, made,
      [&](ExportedFile& file) {
        MadeFile next;
        if (!all.next(next)) return false;
        file = {std::string(next.format), folder_name_ + "/" + std::string(next.path),
                std::string(next.sha256), next.annotations, next.skipped};
        return true;
      },
      context_.env.now_ms(), context_.store.syncs.newest());
  std::vector<FormatSettings> settings;
  for (const Wanted& wanted : wanted_) settings.push_back(wanted.settings);
  update_asset_sets(snapshot_, context_.store.asset_sets, project_.id, settings);
  place_images();
  // Before the labels change, and after, since a training may begin in between.
  remove_label_caches(&files);
  const std::int64_t to_rename = files.count_changed();
  std::int64_t renamed = 0;
  auto changed = files.changed();
  for (std::string_view path; changed.next(path); ++renamed) {
    if (renamed % kTellEvery == 0) tell(ExportStep::Stage::renaming, renamed, to_rename);
    staging.put_in_place(std::string(path));
    written_->add((folder_ / path).string());
  }
  remove_gone(files);
  remove_images();
  remove_unknown_places();
  remove_label_caches(&files);
  staging.settle();
}

// What Ultralytics remembers of label files, by the sum of their sizes and names: with labels that
// have changed it would train on the old ones. `files` are those of this run, if it made any. They
// also go where an earlier call was cut short,
// which may have changed labels, and where labels are gone.
void ProjectExport::remove_label_caches(store::MadeFiles* files) {
  const std::string labels = kAnnotations + std::string("yolo/labels");
  bool any = last_.marks.contains(store::ExportMark::files) || labels_gone_;
  if (files != nullptr && !any) {
    auto changed = files->changed();
    for (std::string_view path; !any && changed.next(path);) any = path.starts_with(labels);
  }
  std::error_code error;
  if (!any) return;
  for (const auto& entry : fs::directory_iterator(folder_ / labels, error)) {
    if (entry.path().extension() == ".cache" && entry.is_regular_file(error)) {
      std::ignore = env::remove_file(entry.path());
    }
  }
}

void ProjectExport::remove_file(const std::string& path) {
  const fs::path file = folder_ / path;
  const int error = env::remove_file(file);
  if (error != 0 && error != ENOENT && error != ENOTDIR) throw_io(error, "removing", file);
  // Folders that only held files of ours go with the last one.
  for (fs::path folder = file.parent_path(); folder != folder_; folder = folder.parent_path()) {
    if (env::remove_folder(folder) != 0) return;
  }
}

// Files of images and formats that are no longer there.
void ProjectExport::remove_gone(store::MadeFiles& files) {
  if (!last_.exported_before || last_.marks.contains(store::ExportMark::files)) {
    remove_unknown(files);
  }
  std::vector<std::string> formats, dropped;
  for (const Wanted& wanted : wanted_) formats.push_back(wanted.settings.format);
  for (const ExportedFormat& format : last_.formats) {
    if (!named() && !is_wanted(format.format)) dropped.push_back(format.format);
  }
  std::erase_if(formats, [&](const std::string& format) {
    return std::none_of(wanted_.begin(), wanted_.end(), [&](const Wanted& wanted) {
      return wanted.due && wanted.settings.format == format;
    });
  });
  formats.insert(formats.end(), dropped.begin(), dropped.end());
  // Removed and forgotten in pieces: there may be as many as there were images.
  constexpr std::size_t kPiece = 4096;
  std::vector<std::string> paths;
  files.for_each_gone(project_.id, formats, folder_name_, [&](std::string_view path) {
    paths.emplace_back(path);
    labels_gone_ = labels_gone_ || path.find("/yolo/labels/") != std::string_view::npos;
    remove_file(paths.back().substr(folder_name_.size() + 1));
    if (paths.size() < kPiece) return;
    records_.forget(project_.id, paths, {});
    paths.clear();
  });
  records_.forget(project_.id, paths, dropped);
}

// A mirror that was made anew, or adopted the directory, knows nothing of the files that another
// one wrote; their manifest does.
void ProjectExport::remove_unknown(store::MadeFiles& files) {
  for_each_path(folder_ / kManifest, [&](std::string_view path) {
    const bool ours = path.starts_with(kAnnotations) && path.find("..") == std::string_view::npos;
    if (ours && !files.contains(path)) remove_file(std::string(path));
  });
}

bool ProjectExport::update_links() {
  std::error_code error;
  const LinkTimes times{context_.env.now_ms(), context_.config.sync.link_refresh_margin.count()};
  if (!context_.config.export_model_links) {
    bool removed = false;
    for (const char* path : {kLinksJson, kLinksCsv}) {
      if (!fs::exists(folder_ / path, error)) continue;
      records_.begin_links(project_.id);
      remove_file(path);
      removed = true;
    }
    return removed;
  }
  const ModelFiles models = model_files();
  if (!context_.request.force && !links_are_due(snapshot_, project_.id, folder_, models, times)) {
    return false;
  }
  records_.begin_links(project_.id);
  Staging staging(folder_, context_.request.force, {});
  for (const char* path : write_link_files(snapshot_, project_.id, staging, models, times)) {
    written_->add((folder_ / path).string());
  }
  return true;
}

// With the sync and time of before where nothing else in it would change.
void ProjectExport::update_manifest(bool changed) {
  store::Snapshot records(context_.config.mirror);
  watch(records);
  const bool renamed = std::any_of(wanted_.begin(), wanted_.end(), [](const Wanted& wanted) {
    return wanted.settings.format != kNdjson;
  });
  if (renamed && !images_ordered_) order_images(snapshot_, project_.id);
  records_.put_project({project_.id, folder_name_, store::count_assets(snapshot_, project_.id),
                        store::count_annotations(snapshot_, project_.id)});
  ManifestHead head{project_.id, project_.name, 0, 0};
  bool differs = true;
  Staging staging(folder_, false, [&](const StagedFile& file) { differs = file.changed; });
  const auto write = [&] {
    const auto files = staging.files("");
    const auto out = files->create(kManifest);
    write_manifest(records, snapshot_, renamed, head, folder_, *out);
    out->close();
  };
  const auto before = read_head(folder_ / kManifest);
  if (!changed && before) {
    head.sync_id = before->sync_id;
    head.written_at = before->written_at;
    write();
    if (!differs) return;
  }
  head.sync_id = context_.store.syncs.newest();
  head.written_at = context_.env.now_ms();
  if (context_.past != nullptr) {
    head.as_of = context_.past->as_of;
    head.sync_id = head.as_of->sync_id;
    head.written_at = head.as_of->ended;
  }
  write();
  if (!differs) return;
  staging.flush();
  staging.put_in_place(kManifest);
  staging.settle();
  written_->add((folder_ / kManifest).string());
}

}  // namespace nexus_mirror::exports
