#include "content/placement.h"

#include <fcntl.h>

#include <cerrno>
#include <tuple>

#include "content/content_folder.h"
#include "env/file_share.h"

namespace nexus_mirror::content {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kSharedMode = 0444, kOwnMode = 0644;
constexpr int kMake = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

// What says that a file system, or this file, cannot have it that way, and another way may do.
bool is_no_way(int error) {
  return error == EOPNOTSUPP || error == ENOTSUP || error == EXDEV || error == EINVAL ||
         error == ENOTTY || error == ENOSYS || error == EPERM || error == EMLINK || error == EACCES;
}

// One way to make `beside`: 0 or an errno.
using Way = int (*)(const fs::path& content, const fs::path& beside, mode_t mode);

template <int (*fill)(const env::Descriptor&, const env::Descriptor&)>
int make_file(const fs::path& content, const fs::path& beside, mode_t mode) {
  const env::Descriptor from = env::open(content, O_RDONLY | O_NOFOLLOW);
  if (!from) return from.error();
  env::Descriptor to = env::open(beside, kMake, mode);
  if (!to) return to.error();
  int error = fill(from, to);
  if (error == 0) error = env::set_mode(to, mode);
  if (error == 0) error = env::close(to);
  if (error != 0) std::ignore = env::remove_file(beside);
  return error;
}

int make_hard_link(const fs::path& content, const fs::path& beside, mode_t /*mode*/) {
  return env::make_hard_link(content, beside);
}

constexpr struct {
  PlacedBy how;
  Way way;
} kWays[] = {{PlacedBy::reflink, make_file<env::share_bytes>},
             {PlacedBy::hard_link, make_hard_link},
             {PlacedBy::copy, make_file<env::copy_bytes>}};

}  // namespace

PlacedBy place_content(const fs::path& dir, std::string_view sha256, const fs::path& target,
                       const fs::path& beside, Copies copies) {
  const fs::path content = content_path(dir, sha256);
  const mode_t mode = copies == Copies::always ? kOwnMode : kSharedMode;
  for (const auto& [how, way] : kWays) {
    // The content's own file is nobody's to mend.
    if (how == PlacedBy::hard_link && copies == Copies::always) continue;
    int error = way(content, beside, mode);
    if (error != 0 && how != PlacedBy::copy && is_no_way(error)) continue;
    if (error == 0) error = env::rename(beside, target);
    if (error == 0) {
      // Two names of one file stay as they are when one takes the other's place.
      if (how == PlacedBy::hard_link) std::ignore = env::remove_file(beside);
      return how;
    }
    std::ignore = env::remove_file(beside);
    throw_file_error(error, "placing", target);
  }
  throw_file_error(EIO, "placing", target);  // the last way throws or is one
}

}  // namespace nexus_mirror::content
