#include "store/open_database.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <system_error>
#include <tuple>

#include "env/file.h"
#include "nexus_mirror/error.h"
#include "store/migrations.h"
#include "store/statement.h"

namespace nexus_mirror::store {
namespace {

constexpr int kBusyMs = 5000;

// SQLite gives -wal and -shm the permissions of the database, so these are set before it opens.
void prepare_file(const std::filesystem::path& file, unsigned mode) {
  if (file.has_parent_path()) std::ignore = env::make_folders(file.parent_path());
  const env::Descriptor opened = env::open(file, O_RDWR | O_CREAT, mode);
  if (!opened) {
    throw Error(ErrorCode::mirror, "opening", "mirror " + file.string(),
                std::generic_category().message(opened.error()),
                "this user must be able to write the file and its directory");
  }
  struct stat status {};
  if (::fstat(opened.get(), &status) == 0 && (status.st_mode & 0777) != mode) {
    std::ignore = env::set_mode(opened, mode);
    for (const char* suffix : {"-wal", "-shm"}) {
      std::ignore = env::set_mode(file.string() + suffix, mode);
    }
  }
}

template <typename Open>
std::unique_ptr<SQLite::Database> translated(const std::filesystem::path& file, const Open& open) {
  try {
    return open();
  } catch (const SQLite::Exception& exception) {
    throw_sqlite(exception.getExtendedErrorCode(), file.string(), "opening", exception.what());
  }
}

}  // namespace

void keep_wal(SQLite::Database& database) {
  int keep = 1;
  sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

std::unique_ptr<SQLite::Database> open_for_writing(const std::filesystem::path& file,
                                                   unsigned mode) {
  prepare_file(file, mode);
  return translated(file, [&] {
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyMs);
    keep_wal(*database);
    database->exec("PRAGMA journal_mode=WAL");
    // A power cut may undo the last pages, never damage the file: the server has them still.
    database->exec("PRAGMA synchronous=NORMAL");
    // Debian's default overwrites what is deleted with zeros, at twice the writes. What is deleted
    // here are labels and links that died.
    database->exec("PRAGMA secure_delete=OFF");
    database->exec("PRAGMA cache_size=-32768");
    database->exec("PRAGMA wal_autocheckpoint=16384");
    database->exec("PRAGMA journal_size_limit=67108864");
    database->exec("PRAGMA recursive_triggers=OFF");
    migrate(*database);
    return database;
  });
}

std::unique_ptr<SQLite::Database> open_for_comparing(const std::filesystem::path& file) {
  return translated(file, [&] {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) {
      auto empty = std::make_unique<SQLite::Database>(":memory:",
                                                      SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      migrate(*empty);
      return empty;
    }
    auto database = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOMUTEX, kBusyMs);
    keep_wal(*database);
    if (database->execAndGet("PRAGMA user_version").getInt() != latest_schema_version()) {
      throw Error(ErrorCode::mirror, "opening", "mirror " + file.string(),
                  "it has another schema version than this nexus-mirror",
                  "run nexus-mirror sync without --dry-run, or upgrade nexus-mirror");
    }
    return database;
  });
}

}  // namespace nexus_mirror::store
