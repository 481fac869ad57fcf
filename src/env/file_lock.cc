#include <sys/file.h>

#include <cerrno>

#include "env/file.h"
#include "env/user.h"
#include "error/scarcity.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror {

FileLock::FileLock(const std::filesystem::path& path)
    : file_(std::make_unique<env::Descriptor>(env::open(path, O_RDWR | O_CREAT, 0600))) {
  if (!*file_) {
    throw Error(ErrorCode::machine, "locking", path.string(), reason_of_errno(file_->error()),
                env::remedy_for(file_->error(), path,
                                "the directory must exist and be writable by this user"));
  }
  if (::flock(file_->get(), LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (error == EWOULDBLOCK) {
    throw Error(ErrorCode::busy, "locking", path.string(),
                "another nexus-mirror is working on this mirror", "wait for it or stop it");
  }
  throw Error(ErrorCode::machine, "locking", path.string(), reason_of_errno(error));
}

FileLock::~FileLock() = default;

}  // namespace nexus_mirror
