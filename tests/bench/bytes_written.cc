// Loaded before a program (LD_PRELOAD): what it hands to the system to be written into files, and
// its peak of memory, as JSON in the file $BENCH_REPORT when it ends.
//
// Counted are the calls, since they are the work that a design causes: how many pages a commit
// rewrites, how often a sort passes over its runs. What reaches the disk depends on the machine's
// memory and on when somebody syncs. Files alone count, no sockets, pipes and terminals; those that
// have no name any more are SQLite's sorter's and its temporary tables'. The -shm file is mapped
// and never written by a call; it is no more than a note of where the log's pages are.
//
// The peak is VmHWM: what wait4() tells is no less than what the program had that started this one.
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>

namespace {

enum Kind : unsigned char { unknown, no_file, database, wal, temporary, other, kinds };

constexpr int kMostFiles = 4096;
std::atomic<unsigned char> kind_of[kMostFiles];  // a look at the name is dearer than the write
std::atomic<long long> bytes[kinds], calls;

Kind look_at(int file) {
  struct stat about;
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) return no_file;
  if (about.st_nlink == 0) return temporary;
  char link[32], path[4096];
  ::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  if (size <= 0) return other;
  path[size] = 0;
  const auto ends_with = [&](const char* end) {
    const size_t length = ::strlen(end);
    return static_cast<size_t>(size) > length && ::strcmp(path + size - length, end) == 0;
  };
  if (ends_with(".db")) return database;
  if (ends_with(".db-wal") || ends_with(".db-journal")) return wal;
  return other;
}

void count(int file, long long size) {
  if (size <= 0 || file < 0) return;
  unsigned char kind = unknown;
  if (file < kMostFiles) kind = kind_of[file].load(std::memory_order_relaxed);
  if (kind == unknown) {
    kind = look_at(file);
    if (file < kMostFiles) kind_of[file] = kind;
  }
  bytes[kind] += size;
  if (kind != no_file) ++calls;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

long long peak_kib() {
  FILE* const status = ::fopen("/proc/self/status", "r");
  if (status == nullptr) return 0;
  char line[256];
  long long kib = 0;
  while (::fgets(line, sizeof line, status) != nullptr) {
    if (::strncmp(line, "VmHWM:", 6) == 0) kib = ::atoll(line + 6);
  }
  ::fclose(status);
  return kib;
}

__attribute__((destructor)) void write_report() {
  const char* const report = ::getenv("BENCH_REPORT");
  FILE* const file = report == nullptr ? nullptr : ::fopen(report, "w");
  if (file == nullptr) return;
  ::fprintf(file,
            "{\"database\":%lld,\"wal\":%lld,\"temporary\":%lld,\"other\":%lld,\"calls\":%lld,"
            "\"peak_kib\":%lld}\n",
            bytes[database].load(), bytes[wal].load(), bytes[temporary].load(), bytes[other].load(),
            calls.load(), peak_kib());
  ::fclose(file);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, size_t size) {
  const ssize_t done = ::syscall(SYS_write, file, data, size);
  count(file, done);
  return done;
}
ssize_t pwrite64(int file, const void* data, size_t size, off64_t at) {
  const ssize_t done = ::syscall(SYS_pwrite64, file, data, size, at);
  count(file, done);
  return done;
}
ssize_t pwrite(int file, const void* data, size_t size, off_t at) {
  return pwrite64(file, data, size, at);
}
ssize_t writev(int file, const iovec* parts, int number) {
  const ssize_t done = ::syscall(SYS_writev, file, parts, number);
  count(file, done);
  return done;
}
ssize_t pwritev64(int file, const iovec* parts, int number, off64_t at) {
  static const auto next = real<decltype(&pwritev64)>("pwritev64");
  const ssize_t done = next(file, parts, number, at);
  count(file, done);
  return done;
}
ssize_t pwritev(int file, const iovec* parts, int number, off_t at) {
  return pwritev64(file, parts, number, at);
}
ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at, size_t size,
                        unsigned flags) {
  const ssize_t done = ::syscall(SYS_copy_file_range, from, from_at, to, to_at, size, flags);
  count(to, done);
  return done;
}
size_t fwrite(const void* data, size_t size, size_t number, FILE* file) {
  static const auto next = real<decltype(&fwrite)>("fwrite");
  const size_t done = next(data, size, number, file);  // the C library's own calls pass us by
  count(::fileno(file), static_cast<long long>(size * done));
  return done;
}
int close(int file) {
  if (file >= 0 && file < kMostFiles) kind_of[file] = unknown;
  return static_cast<int>(::syscall(SYS_close, file));
}
int fclose(FILE* file) {
  static const auto next = real<decltype(&fclose)>("fclose");
  const int number = ::fileno(file);
  if (number >= 0 && number < kMostFiles) kind_of[number] = unknown;
  return next(file);
}

}  // extern "C"
