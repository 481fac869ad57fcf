#include "exports/placed_before.h"

#include <sys/stat.h>

#include "content/content_folder.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kPlacedMode = 0444, kPermissions = 07777;

bool may_be_placed(const fs::path& file) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & kPermissions) == kPlacedMode;
}

bool is_kept(const fs::path& file, const fs::path& content_dir,
             const std::function<void()>& go_on) {
  try {
    const auto hashes = content::hash_file(file, [&] {
      go_on();
      return true;
    });
    return hashes && content::content_bytes(content_dir, hashes->sha256) == hashes->bytes;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::machine) throw;
    return false;  // it cannot be read: then nothing is known of it
  }
}

}  // namespace

std::vector<std::string> placed_before(const fs::path& folder, const fs::path& content_dir,
                                       std::size_t most,
                                       const std::function<bool(std::string_view path)>& is_known,
                                       const std::function<void()>& go_on) {
  std::vector<std::string> paths;
  std::error_code error;
  constexpr auto kWhatCanBe = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, kWhatCanBe, error), end;
       !error && entry != end && paths.size() < most; entry.increment(error)) {
    go_on();
    if (!may_be_placed(entry->path())) continue;
    std::string path = entry->path().lexically_relative(folder).string();
    if (is_known(path) || !is_kept(entry->path(), content_dir, go_on)) continue;
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace nexus_mirror::exports
