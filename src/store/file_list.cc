#include "store/file_list.h"

#include "store/change_feed.h"
#include "text/json.h"

namespace nexus_mirror::store {

bool keeps_files(Database& database) {
  return database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'files'") > 0;
}

void for_each_file(Database& database, const std::vector<std::string>& project_ids, bool missing,
                   const std::function<void(const ListedFile&)>& take) {
  if (!keeps_files(database)) return;
  const std::string ids = text::json_array(project_ids);
  Statement select = database.prepare(
      std::string("SELECT f.entity, f.entity_id, f.project_id, a.filename, f.status, f.bytes,"
                  " f.sha256, CASE f.status WHEN 'ok' THEN (SELECT s.dir FROM file_state s) ||"
                  " '/sha256/' || substr(f.sha256, 1, 2) || '/' || f.sha256 END, f.error"
                  " FROM files f LEFT JOIN assets a ON f.entity = 'assets' AND a.id = f.entity_id"
                  " AND a.project_id = f.project_id"
                  " WHERE (?1 = '[]' OR f.project_id IN (SELECT value FROM json_each(?1)))") +
      (missing ? " AND f.status <> 'ok'" : "") + " ORDER BY f.project_id, f.entity, f.entity_id");
  select.bind(1, std::string_view(ids));
  while (select.step()) {
    take({std::string(select.text(0)), std::string(select.text(1)), std::string(select.text(2)),
          select.optional_text(3), std::string(select.text(4)), select.optional_integer(5),
          select.optional_text(6), select.optional_text(7), select.optional_text(8)});
  }
}

std::vector<KeptContent> kept_content(Database& database, const std::string& after,
                                      std::int64_t most) {
  if (!keeps_files(database)) return {};
  Statement select = database.prepare(
      "SELECT sha256, bytes, min(ifnull(verified_at, 0)) FROM files WHERE sha256 > ?1"
      " AND status = 'ok' GROUP BY sha256, bytes ORDER BY sha256 LIMIT ?2");
  select.bind(1, std::string_view(after)).bind(2, most);
  std::vector<KeptContent> contents;
  while (select.step()) {
    contents.push_back({std::string(select.text(0)), select.integer(1), {}});
    if (select.integer(2) > 0) contents.back().verified_at = select.integer(2);
  }
  return contents;
}

bool refers_to_content(Database& database, const std::string& sha256,
                       const std::vector<std::string>& image_projects) {
  if (!keeps_files(database)) return false;
  Statement select = database.prepare("SELECT 1 FROM files WHERE sha256 = ? LIMIT 1");
  return select.bind(1, std::string_view(sha256)).step() ||
         ChangeFeed(database).names_content(sha256, image_projects);
}

std::optional<std::int64_t> unused_since(Database& database, const std::string& sha256) {
  if (!keeps_files(database)) return std::nullopt;
  Statement select = database.prepare("SELECT since FROM content_leftovers WHERE sha256 = ?");
  return select.bind(1, std::string_view(sha256)).step() ? select.optional_integer(0)
                                                         : std::nullopt;
}

}  // namespace nexus_mirror::store
