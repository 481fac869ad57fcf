#include "exports/forgotten.h"

#include <filesystem>
#include <system_error>

#include "env/file.h"
#include "exports/by_name.h"
#include "exports/file_names.h"
#include "exports/staging.h"
#include "store/export_index.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

void remove_folder(const fs::path& folder) {
  if (const int error = env::remove_tree(folder); error != 0) throw_io(error, "removing", folder);
}

}  // namespace

std::vector<std::string> remove_forgotten(const Config& config, store::Store& store,
                                          ExportReport& report) {
  const fs::path& export_dir = config.mirror.export_dir;
  std::vector<std::string> gone;
  const std::vector<std::string> forgotten = store.exports.forgotten();
  if (forgotten.empty()) return gone;
  std::vector<store::ProjectLink> links;
  {
    store::Snapshot snapshot(config.mirror);
    links = store::project_links(snapshot);
  }
  for (const std::string& id : forgotten) {
    try {
      for (const store::ProjectLink& link : links) {
        if (link.project_id == id) remove_by_name(export_dir / "by-name", link);
      }
      remove_folder(export_dir / safe_folder(id));
    } catch (const Error& error) {
      report.troubles.push_back(error);
      continue;
    }
    store.exports.drop_project(id);
    gone.push_back(id);
  }
  return gone;
}

bool remove_server_exports(const Config& config, const std::string& project_id) {
  const fs::path folder = config.mirror.export_dir / safe_folder(project_id) / kServerExports;
  std::error_code error;
  if (!fs::exists(folder, error)) return false;
  remove_folder(folder);
  return true;
}

FolderSum exported_size(const Config& config, const std::string& project_id) {
  FolderSum sum;
  std::error_code error;
  fs::recursive_directory_iterator entry(config.mirror.export_dir / safe_folder(project_id),
                                         fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code none;
    if (!entry->is_regular_file(none) || entry->is_symlink(none)) continue;
    ++sum.files;
    const auto bytes = entry->file_size(none);
    if (!none) sum.bytes += static_cast<std::int64_t>(bytes);
  }
  return sum;
}

}  // namespace nexus_mirror::exports
