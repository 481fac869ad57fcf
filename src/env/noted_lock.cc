#include "env/noted_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <tuple>

namespace nexus_mirror::env {
namespace {

// Written and read at once, so that a reader meets a whole note.
constexpr std::size_t kBytes = 64;

struct flock whole_file(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

// flock() has no question that does not take the lock, which a daemon that starts just then would
// meet; so a second lock, of the kind that can be asked about, says that the first is held.
NotedLock::NotedLock(const std::filesystem::path& path, mode_t mode)
    : lock_(path), file_(open(path, O_RDWR)) {
  if (!file_) return;
  std::ignore = set_mode(file_, mode);
  struct flock range = whole_file(F_WRLCK);
  std::ignore = ::fcntl(file_.get(), F_OFD_SETLK, &range);
  write("");
}

void NotedLock::write(std::string_view line) {
  if (!file_) return;
  std::string note(line.substr(0, kBytes - 1));
  note.resize(kBytes - 1, ' ');
  note += '\n';
  if (::lseek(file_.get(), 0, SEEK_SET) != 0 || write_all(file_, note) != 0) {
    std::ignore = ::ftruncate(file_.get(), 0);
  }
}

LockNote read_lock_note(const std::filesystem::path& path) {
  const Descriptor file = open(path, O_RDONLY);
  if (!file) return {file.error() == ENOENT ? Held::no : Held::unknown, {}};
  struct flock range = whole_file(F_RDLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &range) != 0) return {};
  if (range.l_type == F_UNLCK) return {Held::no, {}};
  std::array<char, kBytes> bytes{};
  std::size_t count = 0;
  if (read_at(file, 0, bytes, count) != 0 || count < kBytes) return {Held::yes, {}};
  std::string line(bytes.data(), count - 1);
  line.erase(line.find_last_not_of(' ') + 1);
  return {Held::yes, std::move(line)};
}

}  // namespace nexus_mirror::env
