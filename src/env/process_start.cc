#include "env/process_start.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

namespace nexus_mirror::env {

// The lowest number that is free is the one that open() gives. Each is opened for what nobody does
// with it: a program whose output goes nowhere is to notice.
void fill_standard_descriptors() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) != -1) continue;
    if (::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number) return;
  }
}

void take_limits_as_errors() { ::signal(SIGXFSZ, SIG_IGN); }

void share_heaps() {
  constexpr int kGivenBackFrom = 2 << 20;  // bytes; fixed, for glibc raises it to what was freed
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_MMAP_THRESHOLD, kGivenBackFrom);
  ::mallopt(M_TRIM_THRESHOLD, kGivenBackFrom);
}

void give_free_memory_back() { ::malloc_trim(0); }

}  // namespace nexus_mirror::env
