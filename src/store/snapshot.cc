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

void Snapshot::watch(std::stop_token stop, std::function<void()> moved) {
  constexpr int kSteps = 10000;  // of SQLite's machine: about a millisecond
  stop_ = std::move(stop);
  moved_ = std::move(moved);
  sqlite3_progress_handler(database_->getHandle(), kSteps, &Snapshot::at_work, this);
}

void Snapshot::unwatch() { sqlite3_progress_handler(database_->getHandle(), 0, nullptr, nullptr); }

int Snapshot::at_work(void* snapshot) {
  const auto& self = *static_cast<Snapshot*>(snapshot);
  if (self.moved_) self.moved_();
  return self.stop_.stop_requested() ? 1 : 0;
}

Statement Snapshot::prepare(const std::string& sql) { return {database_->getHandle(), sql}; }

void Snapshot::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_->getHandle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    throw_sqlite(code, path_, "reading", sqlite3_errmsg(database_->getHandle()));
  }
}

}  // namespace nexus_mirror::store
