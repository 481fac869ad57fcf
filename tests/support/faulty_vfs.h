// An SQLite whose n-th call to the disk fails: a VFS around the default one, which counts what
// SQLite asks of its files.
//
// A death leaves the files as the system has them, not as a power cut would: what was written and
// not synced is there. For the same reason a commit whose sync of the WAL fails may be found by
// whoever opens the file next, although SQLite said that it failed.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "support/nth_call.h"

namespace nexus_mirror::testing {

enum class VfsCall {
  open,    // of a file that is there, or is not and may not be made
  create,  // of one that is made; each temporary file, too
  read,    // also of a size, and whether a file is there
  write,
  sync,
  truncate,
  remove,
  lock,  // of the database: to take one and to ask for one
  shm,   // of the WAL's index: to map memory of it and to take a lock
};

inline const std::set<VfsCall> kVfsChanges = {VfsCall::create, VfsCall::write, VfsCall::sync,
                                              VfsCall::truncate, VfsCall::remove};
inline const std::set<VfsCall> kVfsCalls = {VfsCall::open,   VfsCall::create, VfsCall::read,
                                            VfsCall::write,  VfsCall::sync,   VfsCall::truncate,
                                            VfsCall::remove, VfsCall::lock,   VfsCall::shm};

const char* name_of(VfsCall call);

// One call, for who keeps account of them.
struct VfsEvent {
  VfsCall kind;
  std::string path;        // "a temporary file" has none
  std::int64_t at = 0;     // write: from where on; truncate: the size
  std::string_view bytes;  // write
};

// A call that fails returns what the VFS of Unix does: SQLITE_CANTOPEN for open and create,
// SQLITE_FULL for a write that found no room, else SQLITE_IOERR_... (the extended code), and the
// file knows the errno (SQLITE_FCNTL_LAST_ERRNO). What gives
// something back (locks, mapped memory, files that close) is neither counted nor fails: SQLite does
// not look at what that returns. There is no xFetch, so each page read is a call.
//
// All connections that were opened with it are closed before it ends. Any thread may use them.
class FaultyVfs : public PlannedCalls<VfsCall> {
 public:
  explicit FaultyVfs(NthCall<VfsCall> plan = {});
  ~FaultyVfs();

  // For sqlite3_open_v2() and whoever takes the name of a VFS; another for each object.
  const std::string& name() const { return name_; }

  // `listener` is told of each call of these kinds, in its thread and just before it. Set before
  // any connection is open.
  using Listener = std::function<void(const VfsEvent&)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  // Whoever names no VFS gets this one, too, while it lives.
  void make_default();

 private:
  struct File;
  struct Calls;  // what SQLite calls

  using Call = std::function<int()>;
  // Returns what `call` does or, when this one goes wrong, what `failure` or a full disk is called.
  // `half` writes the first half of what `call` would.
  // `error` gets the errno.
  int run(const VfsEvent& event, int failure, const Call& call, const Call& half = {},
          int* error = nullptr);

  sqlite3_vfs& real_;
  const std::string name_;
  sqlite3_vfs vfs_;
  Listener listener_;
};

}  // namespace nexus_mirror::testing
