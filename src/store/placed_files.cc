#include "store/placed_files.h"

#include "text/json.h"

namespace nexus_mirror::store {
namespace {

std::optional<PlacedAs> placed_as(const Statement& columns, int column) {
  const auto number = columns.optional_integer(column);
  return number ? std::optional(static_cast<PlacedAs>(*number)) : std::nullopt;
}

void read_place(const Statement& columns, Place& row) {
  row.path = columns.text(0);
  row.entity_id = columns.text(1);
  row.placed_as = placed_as(columns, 2);
}

Statement& bind_place(Statement& statement, const std::string& project_id,
                      const std::string& format, const std::string& path) {
  return statement.bind(1, std::string_view(project_id))
      .bind(2, std::string_view(format))
      .bind(3, std::string_view(path));
}

}  // namespace

Rows<Place> places_of(Snapshot& snapshot, std::string_view project_id, std::string_view format) {
  Statement query = snapshot.prepare(
      "SELECT path, entity_id, placed_as FROM placed_files WHERE project_id = ? AND format = ? "
      "ORDER BY path");
  query.bind(1, project_id).bind(2, format);
  return {std::move(query), read_place};
}

Rows<PlaceContent> places_with_content(Snapshot& snapshot, std::string_view project_id,
                                       std::string_view format, std::string_view entity) {
  Statement query = snapshot.prepare(
      "SELECT p.path, p.entity_id, p.placed_as, p.sha256, f.sha256, f.bytes, "
      "e.sha256 IS NOT NULL, e.cut FROM placed_files p "
      "LEFT JOIN files f ON f.project_id = p.project_id AND f.entity = ?3 "
      "AND f.entity_id = p.entity_id AND f.status = 'ok' "
      "LEFT JOIN jpeg_endings e ON e.sha256 = f.sha256 "
      "WHERE p.project_id = ?1 AND p.format = ?2 ORDER BY p.path");
  query.bind(1, project_id).bind(2, format).bind(3, entity);
  return {std::move(query), [](const Statement& columns, PlaceContent& row) {
            read_place(columns, row);
            row.placed = columns.text(3);
            row.content = columns.text(4);
            row.bytes = columns.integer(5);
            row.ending = columns.integer(6) == 0 ? JpegEnding::whole : JpegEnding::unknown;
            if (columns.optional_integer(7)) row.ending = JpegEnding::cut;
          }};
}

std::int64_t count_places(Snapshot& snapshot, std::string_view project_id,
                          std::string_view format) {
  Statement count =
      snapshot.prepare("SELECT count(*) FROM placed_files WHERE project_id = ? AND format = ?");
  count.bind(1, project_id).bind(2, format).step();
  return count.integer(0);
}

std::vector<std::string> formats_with_places(Snapshot& snapshot, std::string_view project_id) {
  // From one to the next: a look at each of their places would take long.
  Statement next = snapshot.prepare(
      "SELECT format FROM placed_files WHERE project_id = ? AND format > ? ORDER BY format "
      "LIMIT 1");
  std::vector<std::string> formats;
  for (std::string last;;) {
    const ResetGuard guard(next);
    if (!next.bind(1, project_id).bind(2, std::string_view(last)).step()) return formats;
    last = next.text(0);
    formats.push_back(last);
  }
}

bool keeps_content(Snapshot& snapshot, std::string_view project_id, std::string_view entity) {
  Statement select =
      snapshot.prepare("SELECT 1 FROM files WHERE project_id = ? AND entity = ? LIMIT 1");
  return select.bind(1, project_id).bind(2, entity).step();
}

std::int64_t kept_image_bytes(Snapshot& snapshot, std::string_view project_id) {
  Statement select = snapshot.prepare(
      "SELECT ifnull(sum(bytes), 0) FROM files WHERE project_id = ? AND entity = 'assets' "
      "AND status = 'ok'");
  select.bind(1, project_id).step();
  return select.integer(0);
}

PlacedCounts count_placed(Snapshot& snapshot, std::string_view project_id,
                          std::string_view format) {
  Statement select = snapshot.prepare(
      "SELECT count(*), ifnull(sum(placed_as <= ?3), 0), ifnull(sum(bytes), 0) FROM placed_files "
      "WHERE project_id = ?1 AND format = ?2 AND entity_id <> '' AND placed_as > ?4");
  select.bind(1, project_id).bind(2, format);
  select.bind(3, static_cast<std::int64_t>(PlacedAs::hard_link));
  select.bind(4, static_cast<std::int64_t>(PlacedAs::under_way)).step();
  PlacedCounts counts{select.integer(0), select.integer(1), 0, select.integer(2)};
  counts.copied = counts.placed - counts.linked;
  return counts;
}

std::vector<KeptModel> kept_models(Snapshot& snapshot, std::string_view project_id) {
  Statement select = snapshot.prepare(
      "SELECT f.entity_id, m.download_url FROM files f JOIN models m ON m.id = f.entity_id "
      "AND m.project_id = f.project_id WHERE f.project_id = ? AND f.entity = 'models' "
      "AND f.status = 'ok' ORDER BY f.entity_id");
  select.bind(1, project_id);
  std::vector<KeptModel> models;
  while (select.step()) {
    models.push_back({std::string(select.text(0)), std::string(select.text(1))});
  }
  return models;
}

void PlacedFiles::plan(const std::string& project_id, const std::string& format,
                       const std::vector<PlannedPlace>& places) {
  Session::Transaction transaction(session_);
  Statement& put = session_.statement(
      "INSERT INTO placed_files(project_id, format, path, entity_id) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET entity_id = excluded.entity_id");
  for (const PlannedPlace& place : places) {
    bind_place(put, project_id, format, place.path);
    put.bind(4, std::string_view(place.entity_id)).run();
  }
  transaction.commit();
}

void PlacedFiles::begin(const std::string& project_id, const std::string& format,
                        const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  Session::Transaction transaction(session_);
  Statement& put = session_.statement(
      "UPDATE placed_files SET placed_as = ifnull(placed_as, 0), sha256 = NULL "
      "WHERE project_id = ? AND format = ? AND path = ?");
  for (const std::string& path : paths) bind_place(put, project_id, format, path).run();
  transaction.commit();
}

void PlacedFiles::record(const std::string& project_id, const std::string& format,
                         const std::vector<PlaceResult>& results) {
  if (results.empty()) return;
  Session::Transaction transaction(session_);
  Statement& put = session_.statement(
      "UPDATE placed_files SET sha256 = nullif(?4, ''), placed_as = ?5, bytes = ?6 "
      "WHERE project_id = ?1 AND format = ?2 AND path = ?3");
  for (const PlaceResult& result : results) {
    bind_place(put, project_id, format, result.path).bind(4, std::string_view(result.sha256));
    if (result.placed_as) {
      put.bind(5, static_cast<std::int64_t>(*result.placed_as)).bind(6, result.bytes);
    } else {
      put.bind_null(5).bind_null(6);
    }
    put.run();
  }
  transaction.commit();
}

std::vector<std::string> PlacedFiles::in_the_way(const std::string& project_id,
                                                 const std::string& format, const std::string& path,
                                                 std::int64_t most) {
  std::vector<std::string> folders;  // that the path names
  for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    folders.push_back(path.substr(0, slash));
  }
  Statement& select = session_.statement(
      "SELECT path FROM placed_files WHERE project_id = ?1 AND format = ?2 AND entity_id = '' "
      "AND placed_as IS NOT NULL AND path IN (SELECT value FROM json_each(?4)) UNION ALL "
      "SELECT path FROM (SELECT path FROM placed_files WHERE project_id = ?1 AND format = ?2 "
      "AND entity_id = '' AND placed_as IS NOT NULL AND path >= ?3 || '/' AND path < ?3 || '0' "
      "LIMIT ?5)");
  const std::string names = text::json_array(folders);
  bind_place(select, project_id, format, path).bind(4, std::string_view(names)).bind(5, most);
  const ResetGuard guard(select);
  std::vector<std::string> paths;
  while (select.step()) paths.emplace_back(select.text(0));
  return paths;
}

bool PlacedFiles::contains(const std::string& project_id, const std::string& format,
                           const std::string& path) {
  Statement& select = session_.statement(
      "SELECT 1 FROM placed_files WHERE project_id = ? AND format = ? AND path = ?");
  bind_place(select, project_id, format, path);
  const ResetGuard guard(select);
  return select.step();
}

void PlacedFiles::forget(const std::string& project_id, const std::string& format,
                         const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  Session::Transaction transaction(session_);
  Statement& remove = session_.statement(
      "DELETE FROM placed_files WHERE project_id = ? AND format = ? AND path = ?");
  for (const std::string& path : paths) bind_place(remove, project_id, format, path).run();
  transaction.commit();
}

void PlacedFiles::note_endings(const std::vector<NotedEnding>& endings) {
  if (endings.empty()) return;
  Session::Transaction transaction(session_);
  for (const NotedEnding& ending : endings) note_ending(ending);
  transaction.commit();
}

void PlacedFiles::note_ending(const NotedEnding& ending) {
  session_
      .statement(ending.cut ? "INSERT OR REPLACE INTO jpeg_endings(sha256, cut) VALUES(?, 1)"
                            : "DELETE FROM jpeg_endings WHERE sha256 = ?")
      .bind(1, std::string_view(ending.sha256))
      .run();
}

}  // namespace nexus_mirror::store
