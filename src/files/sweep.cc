#include "files/sweep.h"

#include <algorithm>
#include <limits>

#include "content/content_folder.h"
#include "store/file_list.h"
#include "text/match.h"

namespace nexus_mirror::files {

std::filesystem::path content_dir(const Config& config) {
  return config.files.dir.empty() ? config.mirror.database.parent_path() / "files"
                                  : config.files.dir;
}

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

RemovedContent remove_unused(const Config& config, bool by_hand, std::int64_t now,
                             store::Store& store) {
  const std::filesystem::path dir = content_dir(config);
  const std::vector<std::string> images =
      wanted_files(config, store.files.projects()).image_projects;
  if (by_hand) {
    content::for_each_content(dir, [&](const std::string& sha256, std::uint64_t) {
      if (!store.content.is_used(sha256, images)) store.content.found(sha256);
    });
  }
  RemovedContent removed;
  const std::int64_t keep = config.files.keep_unused.count();
  const bool never = keep == 0 && !by_hand;
  for (const std::string& sha256 : store.content.unused(
           images, now, never ? std::numeric_limits<std::int64_t>::min() : now - keep)) {
    removed.bytes += static_cast<std::int64_t>(content::remove_content(dir, sha256));
    store.content.forget(sha256);
    ++removed.files;
  }
  return removed;
}

RemovedContent find_unused(const Config& config, std::int64_t now) {
  store::Database mirror(config.mirror, store::Use::query);
  const std::vector<std::string> images =
      wanted_files(config, store::all_projects(mirror)).image_projects;
  const std::int64_t keep = config.files.keep_unused.count();
  RemovedContent found;
  content::for_each_content(content_dir(config),
                            [&](const std::string& sha256, std::uint64_t bytes) {
                              if (store::refers_to_content(mirror, sha256, images)) return;
                              const auto since = store::unused_since(mirror, sha256);
                              if (keep > 0 && (!since || *since > now - keep)) return;
                              ++found.files;
                              found.bytes += static_cast<std::int64_t>(bytes);
                            });
  return found;
}

}  // namespace nexus_mirror::files
