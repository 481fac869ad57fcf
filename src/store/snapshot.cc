#include "store/snapshot.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include "nexus_mirror/error.h"
#include "store/open_database.h"

namespace nexus_mirror::store {

Snapshot::Snapshot(const std::filesystem::path& database)
    : path_(database.string()), database_(open_for_comparing(database)) {
  // 8 MiB of the mirror and 4 MiB of temporary tables stay in memory, however large both are.
  execute(
      "PRAGMA temp_store=FILE; PRAGMA cache_size=-8192; PRAGMA temp.cache_size=-4096;"
      "BEGIN; SELECT 1 FROM projects LIMIT 1");
}

Snapshot::~Snapshot() = default;

Statement Snapshot::prepare(const std::string& sql) { return {database_->getHandle(), sql}; }

void Snapshot::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_->getHandle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    throw_sqlite(code, path_, "reading", sqlite3_errmsg(database_->getHandle()));
  }
}

}  // namespace nexus_mirror::store
