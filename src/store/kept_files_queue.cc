// Files that are due, and what became of them.
#include "objects/table.h"
#include "store/file_id.h"
#include "store/file_list.h"
#include "store/kept_files.h"
#include "store/placed_files.h"
#include "text/json.h"

namespace nexus_mirror::store {
namespace {

DueFile read_due(const Statement& row) {
  DueFile file;
  file.project_id = row.text(0);
  file.entity = row.text(1);
  file.entity_id = row.text(2);
  file.filename = row.text(3);
  file.mime_type = row.text(4);
  file.artifact_id = row.text(5);
  file.link = row.text(6);
  file.link_expiry = row.optional_integer(7);
  file.file_size = row.optional_integer(8);
  file.attempts = row.integer(9);
  file.sha256 = row.text(10);
  file.crc32c = row.text(11);
  file.md5 = row.text(12);
  return file;
}

// Behind ?1 (project), ?2 (entity), ?3 (id); due at ?4; of the projects ?5. A moment that is
// further away than any pause is one that a wrong clock said.
constexpr const char* kDueColumns =
    "SELECT q.project_id, q.entity, q.entity_id, a.filename, a.mime_type, m.artifact_id,"
    " ifnull(a.url, m.download_url), ifnull(a.url_expiry, m.download_expiry), a.file_size,"
    " ifnull(f.attempts, 0), f.sha256, f.crc32c, f.md5";
constexpr const char* kDue =
    " FROM file_queue q JOIN files f ON f.project_id = q.project_id AND f.entity = q.entity"
    " AND f.entity_id = q.entity_id JOIN projects p ON p.id = q.project_id"
    " LEFT JOIN assets a ON q.entity = 'assets' AND a.id = q.entity_id"
    " AND a.project_id = q.project_id"
    " LEFT JOIN models m ON q.entity = 'models' AND m.id = q.entity_id"
    " AND m.project_id = q.project_id"
    " WHERE (q.project_id, q.entity, q.entity_id) > (?1, ?2, ?3)"
    " AND (q.next_at <= ?4 OR q.next_at > ?4 + 90000000) AND p.removed_at IS NULL"
    " AND (?5 = '[]' OR q.project_id IN (SELECT value FROM json_each(?5)))";

}  // namespace

FileCounts count_files(Database& database) {
  FileCounts counts;
  if (!keeps_files(database)) return counts;
  // Of what is not here there are few, with an index of their own. Their content may have been
  // lost, and is counted where another file has it still.
  Statement select = database.prepare(
      "SELECT (SELECT count(*) FROM files),"
      " (SELECT count(*) FROM files WHERE status <> 'ok' AND status = 'missing'),"
      " (SELECT count(*) FROM files WHERE status <> 'ok' AND status = 'failed'),"
      " (SELECT ifnull(sum(bytes), 0) FROM (SELECT DISTINCT sha256, bytes FROM files"
      " WHERE sha256 IS NOT NULL)) - (SELECT ifnull(sum(bytes), 0) FROM (SELECT DISTINCT sha256,"
      " bytes FROM files l WHERE l.status <> 'ok' AND l.sha256 IS NOT NULL AND NOT EXISTS"
      " (SELECT 1 FROM files f WHERE f.sha256 = l.sha256 AND f.status = 'ok')))");
  select.step();
  counts.missing = select.integer(1);
  counts.failed = select.integer(2);
  counts.ok = select.integer(0) - counts.missing - counts.failed;
  counts.bytes = select.integer(3);
  return counts;
}

std::vector<DueFile> KeptFiles::due(const std::vector<std::string>& project_ids, std::int64_t now,
                                    const FileId& after, std::int64_t most) {
  static const std::string sql =
      std::string(kDueColumns) + kDue + " ORDER BY q.project_id, q.entity, q.entity_id LIMIT ?6";
  const std::string projects = text::json_array(project_ids);
  Statement& select = session_.statement(sql.c_str());
  ResetGuard guard(select);
  bind_file(select, after).bind(4, now).bind(5, std::string_view(projects)).bind(6, most);
  std::vector<DueFile> files;
  while (select.step()) files.push_back(read_due(select));
  return files;
}

std::vector<DueFile> KeptFiles::due_of(const std::string& project_id,
                                       const std::vector<std::string>& asset_ids,
                                       std::int64_t now) {
  static const std::string sql = std::string(kDueColumns) + kDue +
                                 " AND q.project_id = ?6 AND q.entity = 'assets'"
                                 " AND q.entity_id IN (SELECT value FROM json_each(?7))";
  const std::string ids = text::json_array(asset_ids);
  Statement& select = session_.statement(sql.c_str());
  ResetGuard guard(select);
  const FileId none;
  bind_file(select, none).bind(4, now).bind(5, std::string_view("[]"));
  select.bind(6, std::string_view(project_id)).bind(7, std::string_view(ids));
  std::vector<DueFile> files;
  while (select.step()) files.push_back(read_due(select));
  return files;
}

std::vector<KeptFiles::DeadLinks> KeptFiles::dead_links(const std::vector<std::string>& project_ids,
                                                        std::int64_t now,
                                                        std::int64_t alive_until) {
  static const std::string sql =
      std::string(
          "SELECT q.project_id, count(*), (SELECT count(*) FROM assets o WHERE"
          " o.project_id = q.project_id)") +
      kDue +
      " AND q.entity = 'assets' AND (ifnull(a.url, '') = '' OR a.url_expiry <= ?6)"
      " GROUP BY q.project_id";
  const std::string projects = text::json_array(project_ids);
  Statement& select = session_.statement(sql.c_str());
  ResetGuard guard(select);
  const FileId none;
  bind_file(select, none).bind(4, now).bind(5, std::string_view(projects)).bind(6, alive_until);
  std::vector<DeadLinks> dead;
  while (select.step()) {
    dead.push_back({std::string(select.text(0)), select.integer(1), select.integer(2)});
  }
  return dead;
}

KeptFiles::DueCount KeptFiles::count_due(const std::vector<std::string>& project_ids,
                                         std::int64_t now) {
  static const std::string sql = std::string("SELECT count(*), ifnull(sum(a.file_size), 0)") + kDue;
  const std::string projects = text::json_array(project_ids);
  Statement& select = session_.statement(sql.c_str());
  ResetGuard guard(select);
  const FileId none;
  bind_file(select, none).bind(4, now).bind(5, std::string_view(projects)).step();
  return {select.integer(0), select.integer(1)};
}

void KeptFiles::record(const std::vector<FileResult>& results, std::int64_t now) {
  if (results.empty()) return;
  changed_ = true;
  Session::Transaction transaction(session_);
  for (const FileResult& result : results) {
    switch (result.what) {
      case FileResult::What::fetched:
        fetched(result.file, result.content, now);
        break;
      case FileResult::What::unchanged:
        unchanged(result.file);
        break;
      case FileResult::What::failed:
        failed(result.file, result.error, result.next_at);
        break;
      case FileResult::What::left_out:
        left_out(result.file);
        break;
    }
  }
  transaction.commit();
}

void KeptFiles::fetched(const FileId& file, const FetchedFile& content, std::int64_t now) {
  std::string before;
  bool was_here = false;
  {
    Statement& select =
        bind_file(session_.statement("SELECT sha256, status = 'ok' FROM files"
                                     " WHERE project_id = ? AND entity = ? AND entity_id = ?"),
                  file);
    ResetGuard guard(select);
    if (!select.step()) return;  // not wanted any more
    before = select.text(0);
    was_here = select.integer(1) != 0;
  }
  Statement& update = session_.statement(
      "UPDATE files SET status = 'ok', sha256 = ?4, bytes = ?5, mime_type = nullif(?6, ''),"
      " etag = nullif(?7, ''), crc32c = ?8, md5 = ?9, fetched_at = ?10, verified_at = NULL,"
      " attempts = 0, error = NULL WHERE project_id = ?1 AND entity = ?2 AND entity_id = ?3");
  bind_file(update, file).bind(4, std::string_view(content.sha256)).bind(5, content.bytes);
  update.bind(6, std::string_view(content.mime_type)).bind(7, std::string_view(content.etag));
  update.bind(8, std::string_view(content.crc32c)).bind(9, std::string_view(content.md5));
  update.bind(10, now).run();
  leave_queue(file);
  PlacedFiles(session_).note_ending({content.sha256, content.cut_jpeg});
  if (!was_here || before != content.sha256) mark_exports(file);
  if (!before.empty() && before != content.sha256) {
    leave_over(before);
    if (file.entity == objects::assets.name) tell(file, before, content.sha256);
  }
}

// A verification may have found out meanwhile that what is here is damaged: then it stays due.
void KeptFiles::unchanged(const FileId& file) {
  bind_file(session_.statement("UPDATE files SET attempts = 0, error = NULL WHERE status = 'ok'"
                               " AND project_id = ? AND entity = ? AND entity_id = ?"),
            file)
      .run();
  if (session_.database().changed_rows() > 0) leave_queue(file);
}

void KeptFiles::failed(const FileId& file, const std::string& error, std::int64_t next_at) {
  bind_file(session_.statement("UPDATE files SET attempts = ifnull(attempts, 0) + 1, error = ?4,"
                               " status = CASE status WHEN 'ok' THEN 'ok' ELSE 'failed' END"
                               " WHERE project_id = ?1 AND entity = ?2 AND entity_id = ?3"),
            file)
      .bind(4, std::string_view(error))
      .run();
  bind_file(session_.statement("INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id,"
                               " next_at) VALUES(?1, ?2, ?3, ?4)"),
            file)
      .bind(4, next_at)
      .run();
}

void KeptFiles::left_out(const FileId& file) {
  std::string sha256;
  {
    Statement& select = bind_file(
        session_.statement(
            "SELECT sha256 FROM files WHERE project_id = ? AND entity = ? AND entity_id = ?"),
        file);
    ResetGuard guard(select);
    if (!select.step()) return;
    sha256 = select.text(0);
  }
  drop(file, sha256, false);
}

}  // namespace nexus_mirror::store
