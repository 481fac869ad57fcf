#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "env/file.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

FileLock::FileLock(const std::filesystem::path& path) {
  env::Descriptor file = env::open(path, O_RDWR | O_CREAT, 0600);
  if (!file) {
    throw Error(ErrorCode::mirror, "locking", path.string(),
                std::generic_category().message(file.error()),
                "the directory must exist and be writable by this user");
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    fd_ = file.release();
    return;
  }
  const int error = errno;
  if (error == EWOULDBLOCK) {
    throw Error(ErrorCode::busy, "locking", path.string(),
                "another nexus-mirror is working on this mirror", "wait for it or stop it");
  }
  throw Error(ErrorCode::mirror, "locking", path.string(), std::generic_category().message(error));
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace nexus_mirror
