#include "store/snapshot.h"

#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <utility>

#include "nexus_mirror/error.h"
#include "store/open_database.h"

namespace nexus_mirror::store {
namespace {

// Of SQLite's virtual machine, from one question to the next; a row costs about ten.
constexpr int kInstructions = 1000;

}  // namespace

Snapshot::Snapshot(const std::filesystem::path& database)
    : path_(database.string()), database_(open_for_comparing(database)) {
  // 8 MiB of the mirror and 4 MiB of temporary tables stay in memory, however large both are.
  execute(
      "PRAGMA temp_store=FILE; PRAGMA cache_size=-8192; PRAGMA temp.cache_size=-4096;"
      "BEGIN; SELECT 1 FROM projects LIMIT 1");
}

Snapshot::~Snapshot() = default;

Statement Snapshot::prepare(const std::string& sql) { return {database_->getHandle(), sql}; }

void Snapshot::watch(std::function<bool()> go_on) {
  go_on_ = std::move(go_on);
  const auto stops = [](void* watched) {
    return (*static_cast<const std::function<bool()>*>(watched))() ? 0 : 1;
  };
  sqlite3_progress_handler(database_->getHandle(), kInstructions, stops, &go_on_);
}

void Snapshot::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_->getHandle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    throw_sqlite(code, path_, "reading", sqlite3_errmsg(database_->getHandle()));
  }
}

}  // namespace nexus_mirror::store
