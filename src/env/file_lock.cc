#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

FileLock::FileLock(const std::filesystem::path& path) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    throw Error(ErrorCode::mirror, "locking", path.string(), std::generic_category().message(errno),
                "the directory must exist and be writable by this user");
  }
  if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  ::close(fd_);
  if (error == EWOULDBLOCK) {
    throw Error(ErrorCode::busy, "locking", path.string(),
                "another nexus-mirror is working on this mirror", "wait for it or stop it");
  }
  throw Error(ErrorCode::mirror, "locking", path.string(), std::generic_category().message(error));
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace nexus_mirror
