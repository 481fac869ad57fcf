#include "store/compaction.h"

#include <sqlite3.h>

#include <string>
#include <utility>

#include "env/file.h"
#include "error/scarcity.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::store {
namespace {

std::filesystem::path folder_of(const Database& database) {
  const std::filesystem::path folder = std::filesystem::path(database.path()).parent_path();
  return folder.empty() ? "." : folder;
}

// While it lives SQLite's temporary files are made in one folder: what /var/tmp has room for has
// nothing to do with the mirror. They have no name from their first byte on, so a kill leaves none.
class TemporaryPlace {
 public:
  explicit TemporaryPlace(const std::filesystem::path& folder)
      : before_(std::exchange(sqlite3_temp_directory, sqlite3_mprintf("%s", folder.c_str()))) {}
  ~TemporaryPlace() { sqlite3_free(std::exchange(sqlite3_temp_directory, before_)); }
  TemporaryPlace(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(const TemporaryPlace&) = delete;

 private:
  char* const before_;
};

}  // namespace

CompactionRoom room_to_compact(Database& database) {
  CompactionRoom room;
  room.folder = folder_of(database);
  const auto page = static_cast<std::uint64_t>(database.number("PRAGMA page_size"));
  room.bytes = static_cast<std::uint64_t>(database.number("PRAGMA page_count")) * page;
  room.unused = static_cast<std::uint64_t>(database.number("PRAGMA freelist_count")) * page;
  // The temporary file and the -wal have the new one each, and the -wal some bytes beside a page.
  const std::uint64_t used = room.bytes - room.unused;
  constexpr std::uint64_t kBesideShare = 64;
  room.needed = 2 * used + used / kBesideShare;
  if (const int error = env::free_space(room.folder, room.free); error != 0) {
    throw Error(ErrorCode::machine, "looking for room on the disk of", room.folder.string(),
                reason_of_errno(error));
  }
  return room;
}

void compact(Database& database, const std::function<bool()>& go_on) {
  database.checkpoint();  // what the -wal has must not stand there twice
  const TemporaryPlace place(folder_of(database));
  const struct VacuumWatch {
    Database& watched;
    ~VacuumWatch() { watched.watch({}); }
  } watch{database};
  database.watch(go_on);
  database.execute("VACUUM");
  database.watch({});
  database.checkpoint();
}

}  // namespace nexus_mirror::store
