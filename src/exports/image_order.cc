#include "exports/image_order.h"

#include "exports/file_names.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::exports {
namespace {

using store::ResetGuard;
using store::Snapshot;
using store::Statement;

constexpr const char* kTable = R"sql(
DROP TABLE IF EXISTS temp.image_places;
CREATE TEMP TABLE image_places(
  place INTEGER PRIMARY KEY, asset INTEGER NOT NULL, name TEXT, stem TEXT NOT NULL,
  stem_key TEXT NOT NULL);
DROP TABLE IF EXISTS temp.stem_clashes;
CREATE TEMP TABLE stem_clashes(place INTEGER PRIMARY KEY);
)sql";

constexpr const char* kFindClashes = R"sql(
DELETE FROM temp.stem_clashes;
INSERT INTO temp.stem_clashes SELECT place FROM temp.image_places WHERE stem_key IN
  (SELECT stem_key FROM temp.image_places GROUP BY stem_key HAVING count(*) > 1);
)sql";

// Takes the project's assets in their order, each with the stem that its filename gives.
void place_all(Snapshot& snapshot, const std::string& project_id) {
  Statement select = snapshot.prepare(
      "SELECT rowid, id, ifnull(filename, '') FROM assets WHERE project_id = ? "
      "ORDER BY ifnull(filename, ''), id");
  Statement insert = snapshot.prepare(
      "INSERT INTO temp.image_places(asset, name, stem, stem_key) VALUES(?, ?, ?, ?)");
  select.bind(1, std::string_view(project_id));
  while (select.step()) {
    const std::string_view filename = select.text(2);
    std::string stem = safe_stem(filename);
    if (!has_safe_stem(filename)) stem = with_id(stem, select.text(1), false);
    const std::string key = stem_key(stem);
    insert.bind(1, select.integer(0)).bind(3, std::string_view(stem));
    insert.bind(4, std::string_view(key));
    is_safe_name(filename) ? insert.bind_null(2) : insert.bind(2, std::string_view(""));
    insert.run();
  }
}

// Images that the same filename means cannot be told apart by it: their name is to be changed.
void part_names(Snapshot& snapshot, const std::string& project_id) {
  snapshot
      .prepare(
          "UPDATE temp.image_places SET name = '' WHERE asset IN (SELECT rowid FROM assets "
          "WHERE project_id = ?1 AND filename IN (SELECT filename FROM assets "
          "WHERE project_id = ?1 GROUP BY filename HAVING count(*) > 1))")
      .bind(1, std::string_view(project_id))
      .run();
}

// Gives those with the same stem their ids; the second time their whole ids, which are unique.
std::int64_t part_clashes(Snapshot& snapshot, bool whole_id) {
  snapshot.execute(kFindClashes);
  Statement select = snapshot.prepare(
      "SELECT c.place, a.id, ifnull(a.filename, '') FROM temp.stem_clashes c JOIN "
      "temp.image_places p ON p.place = c.place "
      "JOIN assets a ON a.rowid = p.asset ORDER BY c.place");
  Statement update =
      snapshot.prepare("UPDATE temp.image_places SET stem = ?, stem_key = ? WHERE place = ?");
  std::int64_t clashes = 0;
  while (select.step()) {
    const std::string stem = with_id(safe_stem(select.text(2)), select.text(1), whole_id);
    const std::string key = stem_key(stem);
    update.bind(1, std::string_view(stem)).bind(2, std::string_view(key));
    update.bind(3, select.integer(0)).run();
    ++clashes;
  }
  return clashes;
}

}  // namespace

void order_images(Snapshot& snapshot, const std::string& project_id) {
  snapshot.execute(kTable);
  place_all(snapshot, project_id);
  part_names(snapshot, project_id);
  snapshot.execute("CREATE INDEX temp.image_places_by_key ON image_places(stem_key)");
  std::int64_t clashes = part_clashes(snapshot, false);
  // A name may be what another's became: then both get their whole ids, and so on.
  for (int round = 0; clashes > 0 && round < 3; ++round) clashes = part_clashes(snapshot, true);
  if (clashes > 0) {
    throw Error(ErrorCode::exports, "naming the files of", "project " + project_id,
                "the names of its assets cannot be told apart", "rename the assets in Nexus");
  }
  Statement select = snapshot.prepare(
      "SELECT p.place, p.stem, ifnull(a.filename, '') FROM temp.image_places p "
      "JOIN assets a ON a.rowid = p.asset WHERE p.name = ''");
  Statement update = snapshot.prepare("UPDATE temp.image_places SET name = ? WHERE place = ?");
  while (select.step()) {
    const std::string name = std::string(select.text(1)) + safe_extension(select.text(2));
    update.bind(1, std::string_view(name)).bind(2, select.integer(0)).run();
  }
}

void for_each_renamed(Snapshot& snapshot, const std::function<void(const Renamed&)>& take) {
  Statement select = snapshot.prepare(
      "SELECT a.id, ifnull(a.filename, ''), p.name, p.stem FROM temp.image_places p "
      "JOIN assets a ON a.rowid = p.asset ORDER BY p.place");
  while (select.step()) {
    const std::string_view filename = select.text(1), stem = select.text(3);
    const bool stem_changed = !has_safe_stem(filename) || safe_stem(filename) != stem;
    if (select.null(2) && !stem_changed) continue;
    take({select.text(0), filename, select.null(2) ? filename : select.text(2), stem});
  }
}

}  // namespace nexus_mirror::exports
