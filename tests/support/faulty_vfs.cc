#include "support/faulty_vfs.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace nexus_mirror::testing {

// The file of the VFS below follows it in the memory that SQLite hands out.
struct alignas(8) FaultyVfs::File {
  sqlite3_file base;
  FaultyVfs* vfs;
  const char* path;  // SQLite keeps it as long as the file is open
  int last_error;    // errno of the newest call that was to fail; 0 = none was

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

struct FaultyVfs::Calls {
  static FaultyVfs& self(sqlite3_vfs* vfs) { return *static_cast<FaultyVfs*>(vfs->pAppData); }
  static sqlite3_vfs* real(sqlite3_vfs* vfs) { return &self(vfs).real_; }
  static File& file_of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static int run(sqlite3_file* file, VfsCall kind, int failure, const Call& call) {
    return run(file, {kind, file_of(file).path, 0, {}}, failure, call);
  }
  static int run(sqlite3_file* file, const VfsEvent& event, int failure, const Call& call,
                 const Call& half = {}) {
    int error = 0;
    const int result = file_of(file).vfs->run(event, failure, call, half, &error);
    if (error != 0) file_of(file).last_error = error;
    return result;
  }

  // Of the VFS.
  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* base, int flags, int* got) {
    File& file = file_of(base);
    file.base.pMethods = nullptr;  // with none it is not closed
    file.vfs = &self(vfs);
    file.last_error = 0;
    file.path = path != nullptr ? path : "a temporary file";
    int there = 0;
    if (path != nullptr) real(vfs)->xAccess(real(vfs), path, SQLITE_ACCESS_EXISTS, &there);
    const bool makes = (flags & SQLITE_OPEN_CREATE) != 0 && there == 0;
    const VfsCall kind = makes ? VfsCall::create : VfsCall::open;
    return file.vfs->run({kind, file.path, 0, {}}, SQLITE_CANTOPEN, [&] {
      sqlite3_file* const below = file.real();
      below->pMethods = nullptr;
      const int result = real(vfs)->xOpen(real(vfs), path, below, flags, got);
      if (below->pMethods == nullptr) return result;
      const bool wal = below->pMethods->iVersion >= 2 && below->pMethods->xShmMap != nullptr;
      file.base.pMethods = wal ? &kMethods : &kMethodsWithoutWal;
      return result;
    });
  }
  static int remove(sqlite3_vfs* vfs, const char* path, int sync_folder) {
    return self(vfs).run({VfsCall::remove, path, 0, {}}, SQLITE_IOERR_DELETE,
                         [&] { return real(vfs)->xDelete(real(vfs), path, sync_folder); });
  }
  static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
    return self(vfs).run({VfsCall::read, path, 0, {}}, SQLITE_IOERR_ACCESS,
                         [&] { return real(vfs)->xAccess(real(vfs), path, flags, result); });
  }
  static int full_path(sqlite3_vfs* vfs, const char* path, int size, char* full) {
    return real(vfs)->xFullPathname(real(vfs), path, size, full);
  }
  static void* load(sqlite3_vfs* vfs, const char* path) {
    return real(vfs)->xDlOpen(real(vfs), path);
  }
  static void load_error(sqlite3_vfs* vfs, int size, char* text) {
    real(vfs)->xDlError(real(vfs), size, text);
  }
  static void (*symbol(sqlite3_vfs* vfs, void* library, const char* name))() {
    return real(vfs)->xDlSym(real(vfs), library, name);
  }
  static void unload(sqlite3_vfs* vfs, void* library) { real(vfs)->xDlClose(real(vfs), library); }
  static int randomness(sqlite3_vfs* vfs, int size, char* bytes) {
    return real(vfs)->xRandomness(real(vfs), size, bytes);
  }
  static int sleep(sqlite3_vfs* vfs, int microseconds) {
    return real(vfs)->xSleep(real(vfs), microseconds);
  }
  static int time(sqlite3_vfs* vfs, double* days) {
    return real(vfs)->xCurrentTime(real(vfs), days);
  }
  static int last_error(sqlite3_vfs* vfs, int size, char* text) {
    return real(vfs)->xGetLastError(real(vfs), size, text);
  }
  static int time_ms(sqlite3_vfs* vfs, sqlite3_int64* ms) {
    return real(vfs)->xCurrentTimeInt64(real(vfs), ms);
  }

  // Of a file.
  static sqlite3_file* below(sqlite3_file* file) { return file_of(file).real(); }
  static const sqlite3_io_methods& methods(sqlite3_file* file) { return *below(file)->pMethods; }

  static int close(sqlite3_file* file) { return methods(file).xClose(below(file)); }
  static int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 at) {
    return run(file, VfsCall::read, SQLITE_IOERR_READ,
               [&] { return methods(file).xRead(below(file), bytes, size, at); });
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    const auto up_to = [&](int count) {
      return methods(file).xWrite(below(file), bytes, count, at);
    };
    const std::string_view all(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    return run(
        file, {VfsCall::write, file_of(file).path, at, all}, SQLITE_IOERR_WRITE,
        [&] { return up_to(size); }, [&] { return up_to(size / 2); });
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return run(file, {VfsCall::truncate, file_of(file).path, size, {}}, SQLITE_IOERR_TRUNCATE,
               [&] { return methods(file).xTruncate(below(file), size); });
  }
  static int sync(sqlite3_file* file, int flags) {
    return run(file, VfsCall::sync, SQLITE_IOERR_FSYNC,
               [&] { return methods(file).xSync(below(file), flags); });
  }
  static int size(sqlite3_file* file, sqlite3_int64* bytes) {
    return run(file, VfsCall::read, SQLITE_IOERR_FSTAT,
               [&] { return methods(file).xFileSize(below(file), bytes); });
  }
  static int lock(sqlite3_file* file, int level) {
    return run(file, VfsCall::lock, SQLITE_IOERR_LOCK,
               [&] { return methods(file).xLock(below(file), level); });
  }
  static int unlock(sqlite3_file* file, int level) {
    return methods(file).xUnlock(below(file), level);
  }
  static int reserved(sqlite3_file* file, int* result) {
    return run(file, VfsCall::lock, SQLITE_IOERR_CHECKRESERVEDLOCK,
               [&] { return methods(file).xCheckReservedLock(below(file), result); });
  }
  static int control(sqlite3_file* file, int what, void* argument) {
    if (what == SQLITE_FCNTL_LAST_ERRNO && file_of(file).last_error != 0) {
      *static_cast<int*>(argument) = file_of(file).last_error;
      return SQLITE_OK;
    }
    return methods(file).xFileControl(below(file), what, argument);
  }
  static int sector(sqlite3_file* file) { return methods(file).xSectorSize(below(file)); }
  static int device(sqlite3_file* file) {
    return methods(file).xDeviceCharacteristics(below(file));
  }
  static int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
    *memory = nullptr;
    return run(file, VfsCall::shm, SQLITE_IOERR_SHMMAP,
               [&] { return methods(file).xShmMap(below(file), region, size, extend, memory); });
  }
  static int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
    const auto call = [&] { return methods(file).xShmLock(below(file), offset, count, flags); };
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return call();
    return run(file, VfsCall::shm, SQLITE_IOERR_SHMLOCK, call);
  }
  static void shm_barrier(sqlite3_file* file) { methods(file).xShmBarrier(below(file)); }
  static int shm_unmap(sqlite3_file* file, int remove) {
    return methods(file).xShmUnmap(below(file), remove);
  }

  static const sqlite3_io_methods kMethods, kMethodsWithoutWal;
};

// Version 2: those of version 3 map the database into memory, and reads would be no calls.
const sqlite3_io_methods FaultyVfs::Calls::kMethods = {
    2,       close,  read,   write,   truncate, sync,        size,      lock,    unlock, reserved,
    control, sector, device, shm_map, shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};
const sqlite3_io_methods FaultyVfs::Calls::kMethodsWithoutWal = {
    1,       close,  read,   write,   truncate, sync,    size,    lock,    unlock, reserved,
    control, sector, device, nullptr, nullptr,  nullptr, nullptr, nullptr, nullptr};

namespace {

std::string next_name() {
  static std::atomic<int> made{0};
  return "faulty-" + std::to_string(++made);
}

}  // namespace

const char* name_of(VfsCall call) {
  switch (call) {
    case VfsCall::open:
      return "open";
    case VfsCall::create:
      return "create";
    case VfsCall::read:
      return "read";
    case VfsCall::write:
      return "write";
    case VfsCall::sync:
      return "sync";
    case VfsCall::truncate:
      return "truncate";
    case VfsCall::remove:
      return "remove";
    case VfsCall::lock:
      return "lock";
    case VfsCall::shm:
      break;
  }
  return "shm";
}

FaultyVfs::FaultyVfs(NthCall<VfsCall> plan)
    : PlannedCalls(std::move(plan)), real_(*::sqlite3_vfs_find(nullptr)), name_(next_name()) {
  vfs_ = {};
  vfs_.iVersion = std::min(real_.iVersion, 2);  // version 3 replaces system calls
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_.szOsFile;
  vfs_.mxPathname = real_.mxPathname;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.xOpen = Calls::open;
  vfs_.xDelete = Calls::remove;
  vfs_.xAccess = Calls::access;
  vfs_.xFullPathname = Calls::full_path;
  vfs_.xDlOpen = Calls::load;
  vfs_.xDlError = Calls::load_error;
  vfs_.xDlSym = Calls::symbol;
  vfs_.xDlClose = Calls::unload;
  vfs_.xRandomness = Calls::randomness;
  vfs_.xSleep = Calls::sleep;
  vfs_.xCurrentTime = Calls::time;
  vfs_.xGetLastError = Calls::last_error;
  vfs_.xCurrentTimeInt64 = Calls::time_ms;
  ::sqlite3_vfs_register(&vfs_, 0);
}

// Where it was the default, SQLite makes the next one that, which is the one below.
FaultyVfs::~FaultyVfs() { ::sqlite3_vfs_unregister(&vfs_); }

void FaultyVfs::make_default() { ::sqlite3_vfs_register(&vfs_, 1); }

int FaultyVfs::run(const VfsEvent& event, int failure, const Call& call, const Call& half,
                   int* error) {
  if (listener_) listener_(event);
  const auto fault = next(event.kind, name_of(event.kind), event.path);
  if (!fault) return call();
  errno = *fault == DiskFault::io_error ? EIO : ENOSPC;
  if (error != nullptr) *error = errno;
  switch (*fault) {
    case DiskFault::io_error:
      return failure;
    case DiskFault::disk_full:
      break;
    case DiskFault::short_write:
      if (half) half();
      break;
    case DiskFault::death:
      ::raise(SIGKILL);
  }
  errno = ENOSPC;
  return event.kind == VfsCall::write ? SQLITE_FULL : failure;
}

}  // namespace nexus_mirror::testing
