// Libraries are loaded for some milliseconds before main() begins. A signal that comes then would
// end the process without a word, so it is made to wait before their constructors run: as early as
// a program can. Whether anybody listens to it is decided once the command is known.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "env/process_start.h"
#include "env/signals.h"
#include "nexus_mirror/cli.h"

namespace {

using KernelMask = unsigned long;  // of 64 signals

KernelMask mask_before = 0;

constexpr KernelMask bit(int signal) { return KernelMask{1} << (signal - 1); }

// No library is ready yet, sanitizers included: only the kernel may be asked.
__attribute__((no_sanitize("address", "thread", "undefined"))) void hold_signals() {
  static constexpr KernelMask kHeld = bit(SIGINT) | bit(SIGTERM) | bit(SIGHUP) | bit(SIGUSR1);
  ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &kHeld, &mask_before, sizeof mask_before);
}

__attribute__((section(".preinit_array"), used)) void (*const hold_first)() = hold_signals;

}  // namespace

int main(int argc, char** argv) {
  sigset_t before;
  ::sigemptyset(&before);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    if ((mask_before & bit(signal)) != 0) ::sigaddset(&before, signal);
  }
  nexus_mirror::env::signals_are_held(before);
  nexus_mirror::env::fill_standard_descriptors();
  nexus_mirror::env::take_limits_as_errors();
  nexus_mirror::env::share_heaps();
  return nexus_mirror::run_command_line(argc, argv);
}
