#include "store/sqlite_error.h"

#include <sqlite3.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "env/user.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::store {
namespace {

constexpr const char* kDiskIsFull = "the disk is full";
constexpr const char* kFreeSpace =
    "free some space; what was committed before is safe, and the next sync goes on there";

struct Meaning {
  std::string reason, hint;
};

constexpr const char* kRecoveryHint =
    "move the file and its -wal and -shm away and run 'nexus-mirror sync' to fetch everything anew";

// For whoever only reads: the file is not theirs to mend.
Meaning meaning_for_reader(int code, const std::string& message, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_READONLY:  // of the -wal and -shm: what would write never gets as far as this
    case SQLITE_PERM:
      return {"its -wal or -shm is missing, and this user may not make it (" + message + ")",
              "run 'nexus-mirror status' as the user that owns the mirror, which makes both again"};
    case SQLITE_CORRUPT:
      return {"it is damaged (" + message + ")", kRecoveryHint};
    case SQLITE_NOTADB:
      return {"it is not an SQLite database, or its header is damaged", kRecoveryHint};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {"it stayed locked for 5 seconds",
              "find the program that holds it exclusively, or try again"};
    case SQLITE_CANTOPEN:
      return {
          "SQLite cannot open it (" + message + ")",
          env::remedy_for(EACCES, path,
                          "this user needs read permission on the file, its -wal and its -shm")};
    default:
      return {message, "check the disk, its free space and the permissions"};
  }
}

Meaning meaning_for_writer(int code, const std::string& message, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_IOERR:
      return {message,
              "look at the disk and its free space; the next sync goes on from the last page"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {"it is locked by another program",
              "end the program that writes to it; only nexus-mirror may"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {"it is damaged or no SQLite database (" + message + ")",
              "restore a backup, or move the file away and run 'nexus-mirror sync --adopt' to load "
              "it anew"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return {message,
              env::remedy_for(EACCES, path,
                              "this user must be able to write the file and its directory")};
    default:
      return {message,
              "run nexus-mirror verify; if that finds nothing, this is a defect: report it"};
  }
}

// What lies behind an I/O error: SQLite's own words for it are the same whatever it is.
std::optional<Meaning> meaning_of_system_error(const SqliteFailure& failure) {
  const int code = failure.code & 0xff;
  if (code == SQLITE_NOMEM) return Meaning{"out of memory", scarcity_remedy(ENOMEM)};
  if (code == SQLITE_FULL) return Meaning{kDiskIsFull, kFreeSpace};
  if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN) return std::nullopt;
  if (failure.code == SQLITE_IOERR_NOMEM) {
    return Meaning{"out of memory", scarcity_remedy(ENOMEM)};
  }
  const int error = failure.system_error;
  if (is_full_disk(error)) return Meaning{kDiskIsFull, kFreeSpace};
  if (!is_scarcity(error)) return std::nullopt;
  return Meaning{std::generic_category().message(error), scarcity_remedy(error)};
}

// Whether the query is to blame, not the mirror.
bool blames_query(int code) {
  switch (code & 0xff) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return false;
    default:
      return true;
  }
}

}  // namespace

void throw_sqlite(const SqliteFailure& failure) {
  const int code = failure.code & 0xff;
  const bool query = failure.use == Use::query;
  if (code == SQLITE_INTERRUPT) {
    throw Error(ErrorCode::interrupted, "reading", "mirror " + failure.path, "asked to stop");
  }
  if (failure.users && blames_query(code)) {
    throw Error(ErrorCode::usage, "running", "the query", failure.message,
                "'nexus-mirror schema' lists every table, view and column");
  }
  const Meaning meaning = meaning_of_system_error(failure).value_or(
      query ? meaning_for_reader(code, failure.message, failure.path)
            : meaning_for_writer(code, failure.message, failure.path));
  std::string doing = failure.use == Use::write ? "using" : "reading";
  if (failure.opening || (query && code == SQLITE_CANTOPEN)) doing = "opening";
  throw Error(ErrorCode::machine, doing, "mirror " + failure.path, meaning.reason, meaning.hint);
}

}  // namespace nexus_mirror::store
