// Loaded before a program (LD_PRELOAD): from main() on, call number $SCARCE_NTH for what $SCARCE
// names (memory, threads, descriptors) gets none; with $SCARCE_LASTING, nor does any after it. How
// many calls there were is written to the file $SCARCE_REPORT when the program ends.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

extern "C" {
// The C library's own, which need no look-up: that would ask for memory.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

enum class Scarce { nothing, memory, threads, descriptors };

std::atomic<bool> counting{false};
std::atomic<long> calls{0};
Scarce scarce = Scarce::nothing;
long nth = 0;
bool lasting = false;
const char* report = nullptr;
int (*real_main)(int, char**, char**) = nullptr;

bool fails(Scarce what) {
  if (what != scarce || !counting.load(std::memory_order_relaxed)) return false;
  const long number = calls.fetch_add(1) + 1;
  return nth > 0 && (number == nth || (lasting && number > nth));
}

bool no_memory() {
  if (!fails(Scarce::memory)) return false;
  errno = ENOMEM;
  return true;
}

bool no_descriptor() {
  if (!fails(Scarce::descriptors)) return false;
  errno = EMFILE;
  return true;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// No memory is asked for: there may be none.
void write_report() {
  counting = false;
  if (report == nullptr) return;
  char text[32];
  const int size = ::snprintf(text, sizeof text, "%ld\n", calls.load());
  const int file =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  if (::write(file, text, static_cast<size_t>(size)) != size) ::_exit(99);
  ::syscall(SYS_close, file);
}

int counted_main(int argc, char** argv, char** environment) {
  counting = true;
  return real_main(argc, argv, environment);
}

}  // namespace

extern "C" {

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(),
                      void (*fini)(), void (*rtld_fini)(), void* stack_end) {
  const char* const what = ::getenv("SCARCE");
  if (what != nullptr && ::strcmp(what, "memory") == 0) scarce = Scarce::memory;
  if (what != nullptr && ::strcmp(what, "threads") == 0) scarce = Scarce::threads;
  if (what != nullptr && ::strcmp(what, "descriptors") == 0) scarce = Scarce::descriptors;
  const char* const number = ::getenv("SCARCE_NTH");
  if (number != nullptr) nth = ::atol(number);
  lasting = ::getenv("SCARCE_LASTING") != nullptr;
  report = ::getenv("SCARCE_REPORT");
  real_main = main;
  ::atexit(write_report);
  using Start =
      int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  return real<Start>("__libc_start_main")(counted_main, argc, argv, init, fini, rtld_fini,
                                          stack_end);
}

void* malloc(size_t size) { return no_memory() ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) {
  return no_memory() ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  return size > 0 && no_memory() ? nullptr : __libc_realloc(memory, size);
}
void* memalign(size_t alignment, size_t size) {
  return no_memory() ? nullptr : __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void** memory, size_t alignment, size_t size) {
  if (no_memory()) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                   void* argument) {
  if (fails(Scarce::threads)) return EAGAIN;
  using Start = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto start = real<Start>("pthread_create");
  return start(thread, attributes, run, argument);
}

int open(const char* path, int flags, ...) {
  if (no_descriptor()) return -1;
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int open64(const char* path, int flags, ...) {
  if (no_descriptor()) return -1;
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}
int openat(int folder, const char* path, int flags, ...) {
  if (no_descriptor()) return -1;
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}
int socket(int domain, int type, int protocol) noexcept {
  return no_descriptor() ? -1 : static_cast<int>(::syscall(SYS_socket, domain, type, protocol));
}
int accept4(int listener, struct sockaddr* address, socklen_t* size, int flags) {
  return no_descriptor() ? -1
                         : static_cast<int>(::syscall(SYS_accept4, listener, address, size, flags));
}
int accept(int listener, struct sockaddr* address, socklen_t* size) {
  return accept4(listener, address, size, 0);
}
int eventfd(unsigned start, int flags) noexcept {
  return no_descriptor() ? -1 : static_cast<int>(::syscall(SYS_eventfd2, start, flags));
}
int pipe2(int ends[2], int flags) noexcept {
  return no_descriptor() ? -1 : static_cast<int>(::syscall(SYS_pipe2, ends, flags));
}
int memfd_create(const char* name, unsigned flags) noexcept {
  return no_descriptor() ? -1 : static_cast<int>(::syscall(SYS_memfd_create, name, flags));
}

}  // extern "C"
