#include "store/database.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <tuple>
#include <utility>

#include "env/file.h"
#include "env/user.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"
#include "store/migrations.h"
#include "store/sqlite_error.h"
#include "text/percent.h"

namespace nexus_mirror::store {
namespace {

constexpr int kBusyMs = 5000;
constexpr std::uint64_t kLeastRoom = 64 << 10;  // what the -shm grows by, and a page of the -wal
// Of SQLite's virtual machine, from one question of watch() to the next; a row costs about ten.
constexpr int kInstructions = 1000;

// For all connections of the process, before the first. What is sorted goes through temporary
// files, which SQLite would map: as memory of the process they count against its limits, at any
// size.
void configure_sqlite() {
  static const bool configured = [] {
    sqlite3_config(SQLITE_CONFIG_MMAP_SIZE, sqlite3_int64{0}, sqlite3_int64{0});
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return true;
  }();
  static_cast<void>(configured);
}

[[noreturn]] void refuse_other_kind(const std::filesystem::path& file) {
  throw Error(ErrorCode::machine, "opening mirror", file.string(), "it is not a regular file",
              "correct [mirror] database");
}

// SQLite gives -wal and -shm the permissions of the database, so these are set before it opens. A
// file that is there is not opened here: to close it would end the locks of this process' other
// connections to it (POSIX).
void prepare_file(const std::filesystem::path& file, unsigned mode) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) refuse_other_kind(file);
    if ((status.st_mode & 0777) == mode) return;
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::ignore = env::set_mode(file.string() + suffix, mode);
    }
    return;
  }
  if (file.has_parent_path()) std::ignore = env::make_folders(file.parent_path());
  const env::Descriptor made = env::open(file, O_RDWR | O_CREAT, mode);
  if (!made) {
    throw Error(ErrorCode::machine, "opening", "mirror " + file.string(),
                reason_of_errno(made.error()),
                env::remedy_for(made.error(), file,
                                "this user must be able to write the file and its directory"));
  }
  std::ignore = env::set_mode(made, mode);
}

bool is_absent(const std::filesystem::path& file) {
  std::error_code error;
  return !std::filesystem::exists(file, error);
}

// Differs once somebody has written to the database or begun to.
std::string state_of(const std::string& path) {
  std::string state;
  for (const char* suffix : {"", "-wal"}) {
    struct stat status {};
    if (::stat((path + suffix).c_str(), &status) != 0) continue;
    for (const std::int64_t part :
         {static_cast<std::int64_t>(status.st_ino), std::int64_t{status.st_size},
          std::int64_t{status.st_mtim.tv_sec}, std::int64_t{status.st_mtim.tv_nsec}}) {
      state += std::to_string(part) + " ";
    }
  }
  return state;
}

// What SQLite says of a file that it was to read, and what is not worth asking it.
void check_file(const std::filesystem::path& file) {
  std::error_code failure;
  const auto status = std::filesystem::status(file, failure);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorCode::machine, "opening mirror", file.string(), "there is no such file",
                "run 'nexus-mirror sync' first, or correct [mirror] database");
  }
  if (failure) {
    throw Error(ErrorCode::machine, "opening mirror", file.string(), failure.message(),
                "this user needs access to its folder");
  }
  if (status.type() != std::filesystem::file_type::regular) {
    refuse_other_kind(file);
  }
}

}  // namespace

Database::Database(const MirrorFile& file, Use use) : path_(file.path.string()), use_(use) {
  configure_sqlite();
  if (use == Use::write) prepare_file(file.path, file.mode);
  if (use == Use::query) check_file(file.path);
  try {
    open(file);
  } catch (const Error&) {
    // What a migration that was undone has left in the -wal would be there until the next one.
    if (use == Use::write && database_ != nullptr) checkpoint();
    throw;
  } catch (const SQLite::Exception& exception) {
    throw_sqlite(
        {exception.getExtendedErrorCode(), errno, exception.what(), path_, use_, true, false});
  }
  check_version();
}

Database::~Database() {
  if (use_ == Use::write && database_ != nullptr) checkpoint();
}

void Database::open(const MirrorFile& file) {
  if (use_ != Use::write && is_absent(file.path)) {
    database_ = std::make_unique<SQLite::Database>(":memory:",
                                                   SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(*this, {});
    return;
  }
  const bool compares = use_ == Use::compare;
  int flags =
      use_ == Use::write ? SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE : SQLite::OPEN_READONLY;
  if (compares) flags |= SQLite::OPEN_URI;
  if (use_ != Use::query) flags |= SQLite::OPEN_NOMUTEX;  // one thread at a time
  database_ = std::make_unique<SQLite::Database>(compares ? name_to_compare() : path_, flags,
                                                 kBusyMs, file.vfs);
  // -wal and -shm stay when the last connection closes, for readers who may not write. SQLite's
  // checkpoint at that moment would lock all of them out while it lasts: see ~Database().
  int keep = 1;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  sqlite3_db_config(handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (use_ == Use::write) configure_for_writing(file);
  if (!compares || unlocked_) return;
  // What is compared is one state, whoever writes meanwhile.
  execute("BEGIN");
  number("SELECT count(*) FROM sqlite_schema");
}

// The name by which SQLite reads the mirror and makes no file. With its -wal and -shm there it can
// do without writing to them, with the locks of every reader. Without them nobody is at the file,
// and it is read without locks; whoever begins to write then is noticed (check_unchanged).
std::string Database::name_to_compare() {
  const std::string name = "file:" + text::percent_encoded(path_);
  std::error_code none;
  const auto wal_bytes = std::filesystem::file_size(path_ + "-wal", none);
  const bool wal = !none;
  const bool shm = !is_absent(path_ + "-shm");
  if (wal && shm) return name + "?readonly_shm=1";
  if (wal && wal_bytes > 0) {
    throw Error(ErrorCode::machine, "reading", "mirror " + path_,
                "its -wal holds pages that are not in the file yet, and its -shm is missing",
                "run 'nexus-mirror status', which makes it again");
  }
  unlocked_ = state_of(path_);
  return name + "?immutable=1";
}

void Database::configure_for_writing(const MirrorFile& file) {
  execute("PRAGMA journal_mode=WAL");
  // Debian's default overwrites what is deleted with zeros, at twice the writes. What is deleted
  // here are labels and links that died.
  execute("PRAGMA secure_delete=OFF");
  keep_in_memory(kKeptKib);
  checkpoint_every(kPagesPerCheckpoint);
  execute("PRAGMA journal_size_limit=67108864");
  execute("PRAGMA recursive_triggers=OFF");
  // The mirror's id goes into its export directory: no power cut may undo that it has one.
  execute("PRAGMA synchronous=FULL");
  migrate(*this, file.while_migrating);
  // From now on one may undo the last pages, never damage the file: the server has them still.
  execute("PRAGMA synchronous=NORMAL");
}

void Database::check_version() {
  const int version = schema_version(), newest = latest_schema_version();
  if (use_ == Use::write) return;  // migrated
  const std::int64_t known = number(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('syncs', 'projects')");
  if (known != 2 || version < 1) {
    throw Error(ErrorCode::machine, "opening mirror", path_,
                "it is an SQLite database, but no nexus-mirror",
                "run 'nexus-mirror sync' first, or correct [mirror] database");
  }
  if (version > newest) {
    throw Error(ErrorCode::machine, "opening mirror", path_,
                "a newer nexus-mirror wrote it (schema " + std::to_string(version) +
                    ", this one knows up to " + std::to_string(newest) + ")",
                "install the newer version");
  }
  if (use_ != Use::query && version != newest) {
    throw Error(ErrorCode::machine, "opening mirror", path_,
                "an older nexus-mirror wrote it (schema " + std::to_string(version) +
                    ", this one needs " + std::to_string(newest) + ")",
                "run 'nexus-mirror sync': it brings the mirror up to date (--dry-run does not)");
  }
}

sqlite3* Database::handle() const { return database_->getHandle(); }

Statement Database::prepare(std::string_view sql) { return {*this, sql}; }

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::int64_t Database::number(std::string_view sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

int Database::schema_version() { return static_cast<int>(number("PRAGMA user_version")); }

std::int64_t Database::last_rowid() const { return sqlite3_last_insert_rowid(handle()); }

std::int64_t Database::changed_rows() const { return sqlite3_changes(handle()); }

// Most of what is read in this way is read in the order in which it lies, and once. A transaction
// begins with its first read.
void Database::begin_reading() {
  execute(
      "PRAGMA temp_store=FILE; PRAGMA cache_size=-1536; PRAGMA temp.cache_size=-2048;"
      "BEGIN; SELECT 1 FROM projects LIMIT 1");
}

void Database::roll_back() noexcept {
  // SQLite has rolled back by itself after a full disk; a second ROLLBACK would only complain.
  if (sqlite3_get_autocommit(handle()) == 0) {
    sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::checkpoint() noexcept {
  const auto run = [this](int mode) {
    return sqlite3_wal_checkpoint_v2(handle(), "main", mode, nullptr, nullptr);
  };
  if (run(SQLITE_CHECKPOINT_PASSIVE) != SQLITE_OK) return;
  // To empty the -wal takes locks that no new reader needs once all of it is in the file; nobody
  // who has them already is waited for, since meanwhile no other writer could begin.
  sqlite3_busy_timeout(handle(), 0);
  run(SQLITE_CHECKPOINT_TRUNCATE);
  sqlite3_busy_timeout(handle(), kBusyMs);
}

void Database::check_unchanged() const {
  if (!unlocked_ || *unlocked_ == state_of(path_)) return;
  throw Error(ErrorCode::busy, "reading", "mirror " + path_,
              "another program wrote to it meanwhile", "run it again");
}

void Database::checkpoint_every(int pages) {
  execute("PRAGMA wal_autocheckpoint=" + std::to_string(pages));
}

void Database::keep_in_memory(int kib) noexcept {
  std::array<char, 48> pragma{};  // on the stack: there may be no memory
  std::snprintf(pragma.data(), pragma.size(), "PRAGMA main.cache_size=-%d", kib);
  sqlite3_exec(handle(), pragma.data(), nullptr, nullptr, nullptr);
}

void Database::give_memory_back() {
  // Only pages that are in a file can go, and those of temporary tables get there when they have
  // to.
  errno = 0;
  const int code = sqlite3_db_cacheflush(handle());
  const int error = errno;  // of which the connection is told nothing
  if (code != SQLITE_OK && code != SQLITE_BUSY) fail(code, error);  // busy: some are read, and stay
  sqlite3_db_release_memory(handle());
}

void Database::watch(std::function<bool()> go_on) {
  go_on_ = std::move(go_on);
  const auto stops = [](void* watched) {
    // An exception must not pass through SQLite; the statement is stopped instead.
    try {
      return (*static_cast<const std::function<bool()>*>(watched))() ? 0 : 1;
    } catch (...) {
      return 1;
    }
  };
  sqlite3_progress_handler(handle(), go_on_ ? kInstructions : 0, go_on_ ? +stops : nullptr,
                           &go_on_);
}

// SQLite asks for errno when a statement has ended, where undoing it may have left another one; its
// files remember what happened to them.
int Database::system_error() const {
  const int error = sqlite3_system_errno(handle());
  const int code = sqlite3_errcode(handle()) & 0xff;
  if (is_full_disk(error) || (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)) return error;
  sqlite3_file* files[] = {nullptr, nullptr};
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_FILE_POINTER, &files[0]);
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &files[1]);
  for (sqlite3_file* const file : files) {
    int last = 0;
    if (file == nullptr || file->pMethods == nullptr) continue;
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &last);
    if (is_full_disk(last) || last == EFBIG) return last;
  }
  // Of the -shm nothing is remembered.
  std::uint64_t room = 0;
  const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  const bool known = env::free_space(folder.empty() ? "." : folder, room) == 0;
  return known && room < kLeastRoom ? ENOSPC : error;
}

void Database::fail(int code, int known) const {
  const int extended = sqlite3_extended_errcode(handle()),
            error = known != 0 ? known : system_error();
  check_unchanged();
  // After a call that failed without touching the connection its own code is all there is.
  const bool same = (extended & 0xff) == (code & 0xff);
  try {
    throw_sqlite({same ? extended : code, same ? error : known,
                  same ? sqlite3_errmsg(handle()) : sqlite3_errstr(code), path_, use_, false,
                  false});
  } catch (const Error&) {
    failure_ = std::current_exception();
    throw;
  }
}

}  // namespace nexus_mirror::store
