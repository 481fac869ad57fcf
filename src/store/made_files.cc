#include "store/made_files.h"

#include "text/json.h"

namespace nexus_mirror::store {
namespace {

void read_file(const Statement& columns, MadeFile& row) {
  row = {columns.text(0),    columns.text(1),    columns.text(2),
         columns.integer(3), columns.integer(4), columns.integer(5) != 0};
}

}  // namespace

MadeFiles::MadeFiles(Snapshot& snapshot) : snapshot_(snapshot) {
  snapshot.execute(
      "CREATE TEMP TABLE made_files(path TEXT PRIMARY KEY, format TEXT NOT NULL, "
      "sha256 TEXT NOT NULL, annotations INTEGER NOT NULL, skipped INTEGER NOT NULL, "
      "changed INTEGER NOT NULL) WITHOUT ROWID");
  put_ = snapshot.prepare(
      "INSERT INTO temp.made_files(path, format, sha256, annotations, skipped, changed) "
      "VALUES(?, ?, ?, ?, ?, ?)");
  contains_ = snapshot.prepare("SELECT 1 FROM temp.made_files WHERE path = ?");
}

void MadeFiles::put(const MadeFile& file) {
  put_.bind(1, file.path).bind(2, file.format).bind(3, file.sha256);
  put_.bind(4, file.annotations).bind(5, file.skipped).bind(6, std::int64_t{file.changed}).run();
}

Rows<MadeFile> MadeFiles::all() {
  return {snapshot_.prepare("SELECT path, format, sha256, annotations, skipped, changed "
                            "FROM temp.made_files ORDER BY path"),
          read_file};
}

Rows<std::string_view> MadeFiles::changed() {
  return {snapshot_.prepare("SELECT path FROM temp.made_files WHERE changed ORDER BY path"),
          [](const Statement& columns, std::string_view& path) { path = columns.text(0); }};
}

bool MadeFiles::any_changed() {
  return snapshot_.prepare("SELECT 1 FROM temp.made_files WHERE changed LIMIT 1").step();
}

std::int64_t MadeFiles::count_changed() {
  Statement count = snapshot_.prepare("SELECT count(*) FROM temp.made_files WHERE changed");
  count.step();
  return count.integer(0);
}

bool MadeFiles::contains(std::string_view path) {
  const ResetGuard guard(contains_);
  return contains_.bind(1, path).step();
}

std::int64_t MadeFiles::annotations_in(std::string_view format) {
  Statement query =
      snapshot_.prepare("SELECT ifnull(sum(annotations), 0) FROM temp.made_files WHERE format = ?");
  query.bind(1, format).step();
  return query.integer(0);
}

void MadeFiles::for_each_gone(std::string_view project_id, const std::vector<std::string>& formats,
                              const std::string& folder,
                              const std::function<void(std::string_view path)>& take) {
  Statement query = snapshot_.prepare(
      "SELECT path FROM exports WHERE project_id = ?1 AND format IN (SELECT value FROM "
      "json_each(?2)) AND path NOT IN (SELECT ?3 || path FROM temp.made_files) ORDER BY path");
  const std::string list = text::json_array(formats), prefix = folder + "/";
  query.bind(1, project_id).bind(2, std::string_view(list)).bind(3, std::string_view(prefix));
  while (query.step()) take(query.text(0));
}

}  // namespace nexus_mirror::store
