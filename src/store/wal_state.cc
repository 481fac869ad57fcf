#include "store/wal_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nexus_mirror::store {
namespace {

// Bytes of the -shm: WALINDEX_LOCK_OFFSET and on it WAL_WRITE_LOCK, WAL_READ_LOCK(0) to (4).
constexpr off_t kWriter = 120, kReaders = 123, kBehindReaders = 128;

// Who holds the first lock on some of the bytes from `begin` on; none has pid 0, nor has one whom
// another namespace hides.
struct flock lock_within(int shm, off_t begin, off_t end) noexcept {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = begin;
  lock.l_len = end - begin;
  if (fcntl(shm, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) lock = {};
  return lock;
}

}  // namespace

WalState wal_state(const std::string& path) noexcept {
  WalState state;
  try {
    struct stat wal = {};
    if (stat((path + "-wal").c_str(), &wal) == 0) state.bytes = wal.st_size;
    const int shm = open((path + "-shm").c_str(), O_RDONLY | O_CLOEXEC);
    if (shm < 0) return state;
    const pid_t writer = lock_within(shm, kWriter, kWriter + 1).l_pid;
    for (off_t at = kReaders; at < kBehindReaders && state.reader_pid == 0;) {
      const struct flock lock = lock_within(shm, at, kBehindReaders);
      if (lock.l_pid <= 0) break;
      if (lock.l_pid != writer) state.reader_pid = lock.l_pid;
      if (lock.l_len <= 0) break;
      at = lock.l_start + lock.l_len;
    }
    close(shm);
  } catch (...) {
    return state;  // no memory for a name: nothing is known of it
  }
  return state;
}

}  // namespace nexus_mirror::store
