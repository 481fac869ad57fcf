#include "error/scarcity.h"

#include <cerrno>
#include <system_error>

namespace nexus_mirror {

bool is_scarcity(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EAGAIN || error == EFBIG;
}

std::string scarcity_remedy(int error) {
  switch (error) {
    case EMFILE:
      return "raise the limit on open files: ulimit -n, or LimitNOFILE= of the systemd unit";
    case ENFILE:
      return "the whole machine has too many files open: raise fs.file-max, see sysctl(8)";
    case EAGAIN:
      return "raise the limit on threads: ulimit -u, or TasksMax= of the systemd unit";
    case EFBIG:
      return "raise the limit on the size of a file: ulimit -f, or LimitFSIZE= of the systemd unit";
    default:
      return "give it more memory: ulimit -v, or MemoryMax= of the systemd unit; a lower "
             "http.page_size and http.concurrency need less";
  }
}

bool is_full_disk(int error) noexcept { return error == ENOSPC || error == EDQUOT; }

std::string reason_of_errno(int error) {
  return is_full_disk(error) ? "the disk is full" : std::generic_category().message(error);
}

}  // namespace nexus_mirror
