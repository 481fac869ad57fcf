#include "env/takes_bytes.h"

#include <poll.h>

#include <cerrno>

namespace nexus_mirror::env {

bool takes_bytes(int fd, int ms) {
  pollfd asked{fd, POLLOUT, 0};
  int count = 0;
  do {
    count = ::poll(&asked, 1, ms);
  } while (count < 0 && errno == EINTR);
  return count != 0;
}

}  // namespace nexus_mirror::env
