// The one door to SQLite: opens the mirror's file for a use, prepares statements, and says what
// goes wrong as an Error. Everything else in store/ stands on it.
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_mirror/config.h"
#include "store/statement.h"

struct sqlite3;
namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

// Where a mirror lies and how its file is opened.
struct MirrorFile {
  MirrorFile(std::filesystem::path file) : path(std::move(file)) {}  // a path is one
  MirrorFile(const MirrorConfig& config)                             // so are its settings
      : path(config.database), mode(config.mode), vfs(config.vfs) {}

  std::filesystem::path path;
  unsigned mode = 0600;  // permission bits of the file, its -wal and its -shm
  std::string vfs;       // SQLite's name of the VFS; empty = the system's
  // With Use::write, asked again and again while an older mirror is brought up, many times a
  // second, in the opening thread. Once it says false, all is undone and opening throws
  // Error(interrupted). Empty = nobody asks.
  std::function<bool()> while_migrating;
};

enum class Use {
  write,     // created and migrated when need be
  compare,   // read only, and nothing is written, no file made; no mirror is taken as an empty one
  snapshot,  // read only; no mirror is taken as an empty one
  query,     // read only; any version up to the newest will do
};

// Of a mirror that is written, in memory: pages of its indexes, at random places of which rows go.
inline constexpr int kKeptKib = 8192;
// Pages in the -wal that are brought into the file with the next commit.
inline constexpr int kPagesPerCheckpoint = 16'384;

// The newest PRAGMA user_version, which this build writes and reads.
int latest_schema_version();

// One thread at a time. All calls throw Error: machine (locked, full disk, damage, another
// version), interrupted (a statement that was told to stop).
class Database {
 public:
  // With Use::snapshot and Use::compare the file must have the newest version, with Use::query one
  // that is known.
  Database(const MirrorFile& file, Use use);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }

  Statement prepare(std::string_view sql);
  // Runs statements without results, parted by ';'.
  void execute(const std::string& sql);
  // The first column of the first row of `sql`; 0 when there is none or it is NULL.
  std::int64_t number(std::string_view sql);

  int schema_version();  // PRAGMA user_version

  std::int64_t last_rowid() const;    // of the newest INSERT
  std::int64_t changed_rows() const;  // by the newest statement that writes
  // From now on one state is read, whoever writes meanwhile, with at most 2 MiB of it in memory and
  // 2 of temporary tables, which are in a file beyond.
  void begin_reading();
  // Ends a transaction that is under way without its changes; never throws.
  void roll_back() noexcept;
  // Moves what it can from the -wal into the file, and empties the -wal when nobody reads from it;
  // in no reader's way; never throws.
  void checkpoint() noexcept;

  // From now on about so much of the mirror stays in memory; what is beyond is given back. Never
  // throws: what SQLite refuses leaves it as it was.
  void keep_in_memory(int kib) noexcept;
  void checkpoint_every(int pages);
  // Gives back what is kept of the mirror and of temporary tables, which is read again when it is
  // asked for.
  void give_memory_back();

  // With Use::compare, throws Error(busy) when somebody has written what was read without a lock
  // since: then what was read may be neither the one state nor the other.
  void check_unchanged() const;

  // What the newest call that failed threw, since forget_failure(); else null.
  const std::exception_ptr& failure() const { return failure_; }
  void forget_failure() { failure_ = nullptr; }

  // From now on `go_on` is asked again and again while statements run, many times a second. Once it
  // says false, the one that runs throws Error(interrupted), and so does each that comes after it.
  // Empty = nobody is asked.
  void watch(std::function<bool()> go_on);

  // Throws what `code`, a result of SQLite, means for whoever uses this database. `error`: the
  // errno behind it where the caller knows; 0 = SQLite is asked.
  [[noreturn]] void fail(int code, int error = 0) const;

  sqlite3* handle() const;

 private:
  void open(const MirrorFile& file);
  std::string name_to_compare();
  void configure_for_writing(const MirrorFile& file);
  void check_version();
  int system_error() const;

  const std::string path_;
  const Use use_;
  std::function<bool()> go_on_;          // before what calls it
  std::optional<std::string> unlocked_;  // how the file was when it was opened without locks
  mutable std::exception_ptr failure_;
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace nexus_mirror::store
