#include "env/replace_file.h"

#include <tuple>

#include "env/file.h"
#include "env/file_share.h"

namespace nexus_mirror::env {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWriting = "writing";

// Without an exchange: the old one steps aside first.
Replacement replace_in_two_steps(const fs::path& target, const fs::path& staged) {
  const fs::path old = staged.string() + ".old";
  std::ignore = remove_tree(old);
  if (const int error = env::rename(target, old); error != 0) return {error, "renaming", target};
  if (const int error = env::rename(staged, target); error != 0) {
    std::ignore = env::rename(old, target);
    return {error, "renaming to", target};
  }
  std::ignore = remove_tree(old);
  return {};
}

// `file`, which is new, gets its bytes and exactly `mode`, on the disk.
Replacement fill_new(const Descriptor& file, const fs::path& path, std::string_view bytes,
                     mode_t mode) {
  if (!file) return {file.error(), kWriting, path};
  if (const int error = set_mode(file, mode); error != 0) return {error, kWriting, path};
  if (const int error = write_all(file, bytes); error != 0) return {error, kWriting, path};
  if (const int error = flush(file); error != 0) return {error, "flushing", path};
  return {};
}

// O_EXCL: bytes go into no file that somebody else has open, or made.
Replacement fill_new(const fs::path& path, std::string_view bytes, mode_t mode) {
  return fill_new(open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode), path, bytes, mode);
}

// A second name is given to what is whole, which no other file can lose its name by.
Replacement put_where_nothing_is(const fs::path& target, const fs::path& beside,
                                 std::string_view bytes, mode_t mode) {
  Replacement filled = fill_new(beside, bytes, mode);
  if (filled.error != 0) return filled;
  const int error = make_hard_link(beside, target);
  if (error == 0) return {};
  if (error != EPERM && error != EOPNOTSUPP && error != ENOSYS) {
    return {error, "putting in place", target};
  }
  // A file system without second names: whoever looks may see the file grow.
  filled = fill_new(target, bytes, mode);
  if (filled.error != 0 && filled.error != EEXIST) std::ignore = remove_file(target);
  return filled;
}

}  // namespace

Replacement create_file(const fs::path& target, const fs::path& beside, std::string_view bytes,
                        mode_t mode) {
  std::ignore = remove_file(beside);  // of a kill
  Replacement done = put_where_nothing_is(target, beside, bytes, mode);
  if (done.error != EEXIST || done.path != beside) std::ignore = remove_file(beside);
  if (done.error != 0) return done;
  const fs::path folder = target.parent_path();
  if (const int error = flush_folder(folder); error != 0) {
    std::ignore = remove_file(target);
    return {error, "flushing", folder};
  }
  return {};
}

Replacement replace_file(const fs::path& target, const fs::path& beside, std::string_view bytes,
                         mode_t mode) {
  {
    const Descriptor file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
    if (!file) return {file.error(), kWriting, beside};
    // The umask of whoever runs this is no reason why somebody else cannot read it.
    if (const int error = set_mode(file, mode); error != 0) return {error, kWriting, beside};
    if (const int error = write_all(file, bytes); error != 0) return {error, kWriting, target};
    if (const int error = flush(file); error != 0) return {error, "flushing", target};
  }
  if (const int error = env::rename(beside, target); error != 0) {
    return {error, "putting in place", target};
  }
  const fs::path folder = target.parent_path();
  if (const int error = flush_folder(folder); error != 0) return {error, "flushing", folder};
  return {};
}

int replace_link(const fs::path& link, const fs::path& beside, const fs::path& target) {
  std::ignore = remove_file(beside);  // of a kill
  int error = make_link(target, beside);
  if (error == 0) error = env::rename(beside, link);
  if (error != 0) std::ignore = remove_file(beside);
  return error;
}

Replacement replace_folder(const fs::path& target, const fs::path& staged) {
  // Everything reaches the disk, then the name. One call for all files: there may be a million.
  if (const int error = flush_filesystem(staged); error != 0) return {error, kWriting, staged};
  if (const int failed = env::exchange(staged, target); failed == ENOENT) {
    if (const int error = env::rename(staged, target); error != 0) {
      return {error, "renaming to", target};
    }
  } else if (failed != 0) {
    if (Replacement done = replace_in_two_steps(target, staged); done.error != 0) return done;
  }
  const fs::path folder = target.parent_path();
  if (const int error = flush_folder(folder); error != 0) return {error, kWriting, folder};
  return {};
}

}  // namespace nexus_mirror::env
