#include "files/sweep.h"

#include <algorithm>

#include "content/content_folder.h"
#include "content/content_store.h"
#include "env/file.h"
#include "nexus_mirror/error.h"
#include "store/file_list.h"
#include "store/kept_files.h"
#include "store/mirror_state.h"
#include "text/match.h"

namespace nexus_mirror::files {

store::WantedFiles wanted_files(const Config& config,
                                const std::vector<store::KnownProject>& projects) {
  store::WantedFiles wanted;
  for (const store::KnownProject& project : projects) {
    if (text::matches(config.files.exclude, project.id, project.name)) continue;
    if (text::matches(config.files.images, project.id, project.name)) {
      wanted.image_projects.push_back(project.id);
    }
    if (text::matches(config.files.models, project.id, project.name)) {
      wanted.model_projects.push_back(project.id);
    }
  }
  std::sort(wanted.image_projects.begin(), wanted.image_projects.end());
  std::sort(wanted.model_projects.begin(), wanted.model_projects.end());
  wanted.groups = config.files.groups;
  wanted.statuses = config.files.statuses;
  wanted.max_file = config.files.max_file;
  return wanted;
}

void check_content_dir(const Config& config, store::Database& mirror) {
  const std::filesystem::path dir = config.content_dir();
  if (content::belongs_to(dir, store::mirror_id(mirror)) || config.files.dir.empty()) return;
  if (store::count_files(mirror).ok == 0) return;
  throw Error(ErrorCode::machine, "keeping files in", dir.string(),
              "the mirror has files there, and it is not the folder that they are in",
              "mount its disk, or move the folder to where [files] dir says; if the files are gone "
              "for good, 'nexus-mirror sync --adopt' begins a new one");
}

namespace {

// The leftovers that nothing has referred to since `before`.
RemovedContent remove_leftovers(const Config& config, std::int64_t now, std::int64_t before,
                                store::Store& store, const std::function<bool()>& go_on) {
  const std::filesystem::path dir = config.content_dir();
  const std::vector<std::string> images =
      wanted_files(config, store.files.projects()).image_projects;
  RemovedContent removed;
  std::string after;
  do {
    if (go_on && !go_on()) return removed;
    const std::vector<std::string> unused = store.content.unused(images, now, before, after);
    for (const std::string& sha256 : unused) {
      removed.bytes += static_cast<std::int64_t>(content::remove_content(dir, sha256));
    }
    store.content.removed(unused);
    removed.files += static_cast<std::int64_t>(unused.size());
  } while (!after.empty());
  return removed;
}

}  // namespace

RemovedContent remove_unused(const Config& config, bool by_hand, std::int64_t now,
                             store::Store& store, const std::function<bool()>& go_on) {
  const std::filesystem::path dir = config.content_dir();
  if (!content::belongs_to(dir, store.files.mirror_id())) return {};
  if (by_hand) {
    const std::vector<std::string> images =
        wanted_files(config, store.files.projects()).image_projects;
    content::for_each_content(dir, [&](const std::string& sha256, std::uint64_t) {
      if (!store.content.is_used(sha256, images)) store.content.found(sha256);
    });
  }
  const std::int64_t keep = config.files.keep_unused.count();
  const bool never = keep == 0 && !by_hand;
  const std::int64_t before =
      never ? store::kForgottenSince : store.syncs.moment_outlived(now, keep);
  return remove_leftovers(config, now, before, store, go_on);
}

RemovedContent remove_forgotten_content(const Config& config, std::int64_t now,
                                        store::Store& store) {
  const std::filesystem::path dir = config.content_dir();
  if (!content::belongs_to(dir, store.files.mirror_id())) return {};
  if (const int error = env::remove_tree(dir / content::kPartial); error != 0) {
    content::throw_file_error(error, "removing", dir / content::kPartial);
  }
  return remove_leftovers(config, now, store::kForgottenSince, store, {});
}

RemovedContent find_unused(const Config& config, std::int64_t now) {
  store::Database mirror(config.mirror, store::Use::query);
  if (!content::belongs_to(config.content_dir(), store::mirror_id(mirror))) return {};
  const std::vector<std::string> images =
      wanted_files(config, store::all_projects(mirror)).image_projects;
  const std::int64_t keep = config.files.keep_unused.count();
  const std::int64_t before = store::moment_outlived(mirror, now, keep);
  RemovedContent found;
  content::for_each_content(config.content_dir(),
                            [&](const std::string& sha256, std::uint64_t bytes) {
                              if (store::refers_to_content(mirror, sha256, images)) return;
                              const auto since = store::unused_since(mirror, sha256);
                              if (keep > 0 && (!since || *since > before)) return;
                              ++found.files;
                              found.bytes += static_cast<std::int64_t>(bytes);
                            });
  return found;
}

}  // namespace nexus_mirror::files
