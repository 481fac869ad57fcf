// Loaded before a program (LD_PRELOAD): from main() on, call number $KILL_AT of those that change a
// file or go to the network is preceded by the signal $KILL_WITH to the process itself. How many
// calls there were is written to the file $KILL_REPORT when the program ends. Programs that it
// starts are left alone.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>

namespace {

std::atomic<bool> counting{false};
std::atomic<long> calls{0};
long nth = 0;
int with = SIGKILL;
int (*real_main)(int, char**, char**) = nullptr;

void count() {
  if (!counting.load(std::memory_order_relaxed)) return;
  if (calls.fetch_add(1) + 1 == nth) ::kill(::getpid(), with);
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

long number(const char* name) {
  const char* const text = ::getenv(name);
  return text == nullptr ? 0 : ::atol(text);
}

void write_report() {
  counting = false;
  const char* const report = ::getenv("KILL_REPORT");
  if (report == nullptr) return;
  FILE* const file = ::fopen(report, "w");
  if (file == nullptr) return;
  ::fprintf(file, "%ld\n", calls.load());
  ::fclose(file);
}

int counted_main(int argc, char** argv, char** environment) {
  nth = number("KILL_AT");
  if (const long signal = number("KILL_WITH"); signal != 0) with = static_cast<int>(signal);
  ::unsetenv("LD_PRELOAD");  // for what it starts
  ::atexit(write_report);
  counting = true;
  return real_main(argc, argv, environment);
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(),
                      void (*fini)(), void (*rtld_fini)(), void* stack_end) {
  real_main = main;
  using Start =
      int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  return real<Start>("__libc_start_main")(counted_main, argc, argv, init, fini, rtld_fini,
                                          stack_end);
}

ssize_t write(int file, const void* bytes, size_t size) {
  count();
  return ::syscall(SYS_write, file, bytes, size);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  count();
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  count();
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}
int ftruncate64(int file, off64_t size) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
int ftruncate(int file, off_t size) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_ftruncate, file, size));
}
int fsync(int file) {
  count();
  return static_cast<int>(::syscall(SYS_fsync, file));
}
int fdatasync(int file) {
  count();
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
int syncfs(int file) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_syncfs, file));
}
int rename(const char* from, const char* to) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int unlink(const char* path) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}
int mkdir(const char* path, mode_t mode) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}
int symlink(const char* target, const char* path) noexcept {
  count();
  return static_cast<int>(::syscall(SYS_symlinkat, target, AT_FDCWD, path));
}
ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  count();
  return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}
ssize_t recv(int socket, void* bytes, size_t size, int flags) {
  count();
  return ::syscall(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
}

}  // extern "C"
