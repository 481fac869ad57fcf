#include "store/kept_files.h"

#include "objects/table.h"
#include "store/change_feed.h"
#include "store/export_records.h"
#include "store/file_id.h"
#include "store/wanted_scopes.h"
#include "text/json.h"
#include "text/json_writer.h"

namespace nexus_mirror::store {
namespace {

// The wanted of all projects as text: what differs of it is looked over.
std::string settings_text(const WantedFiles& wanted) {
  text::JsonWriter json;
  json.begin_object();
  json.member("images", wanted.image_projects);
  json.member("models", wanted.model_projects);
  json.member("groups", wanted.groups);
  json.member("statuses", wanted.statuses);
  json.member("max_file", wanted.max_file);
  json.end_object();
  return json.take();
}

}  // namespace

bool KeptFiles::any() {
  Statement& select = session_.statement(
      "SELECT EXISTS (SELECT 1 FROM files) OR EXISTS (SELECT 1 FROM content_leftovers)");
  ResetGuard guard(select);
  return select.step() && select.integer(0) != 0;
}

bool KeptFiles::any_wanted() {
  Statement& select = session_.statement("SELECT EXISTS (SELECT 1 FROM file_queue)");
  ResetGuard guard(select);
  return select.step() && select.integer(0) != 0;
}

KeptFiles::FilesState KeptFiles::state() {
  FilesState state;
  Statement& select = session_.statement("SELECT dir, settings, seq FROM file_state");
  ResetGuard guard(select);
  if (!select.step()) return state;
  state = {std::string(select.text(0)), std::string(select.text(1)), select.integer(2), true};
  return state;
}

void KeptFiles::put_state(const FilesState& state) {
  session_
      .statement(state.exists ? "UPDATE file_state SET dir = ?, settings = ?, seq = ?"
                              : "INSERT INTO file_state(dir, settings, seq) VALUES(?, ?, ?)")
      .bind(1, std::string_view(state.dir))
      .bind(2, std::string_view(state.settings))
      .bind(3, state.seq)
      .run();
}

void KeptFiles::set_folder(const std::string& dir) {
  FilesState last = state();
  if (last.exists && last.dir == dir) return;
  Session::Transaction transaction(session_);
  last.dir = dir;
  put_state(last);
  transaction.commit();
}

bool KeptFiles::reconcile(const WantedFiles& wanted, const std::function<bool()>& go_on) {
  FilesState last = state();
  const std::string settings = settings_text(wanted);
  ChangeFeed feed(session_.database());
  if (last.exists && last.settings == settings && last.seq == feed.newest()) return true;
  const WantedScopes scopes(wanted, go_on);
  // What a feed with a gap does not tell can be any content: all of it is looked at anew.
  const bool gap = last.exists && !feed.reaches_back_to(last.seq);
  const std::set<FileScope> over = gap ? all_scopes(scopes) : differing(last, settings, scopes);
  // From the first piece on the rows are up to no settings: with the blank behind them they are
  // told from those that are asked for, also where these are the old ones again after a stop.
  const bool others = last.exists && last.settings != settings;
  if ((others || !over.empty()) && !last.settings.ends_with(' ')) {
    last.settings += ' ';
    session_.statement("UPDATE file_state SET settings = ?")
        .bind(1, std::string_view(last.settings))
        .run();
  }
  if (last.exists && !gap && !follow_changes(scopes, last.seq)) return false;
  for (const FileScope& scope : over) {
    if (!look_over(scope, scopes, gap)) return false;
  }
  Session::Transaction transaction(session_);
  last.settings = settings;
  last.seq = feed.newest();
  put_state(last);
  transaction.commit();
  return true;
}

std::int64_t KeptFiles::lost(const std::vector<std::string>& sha256s) {
  if (sha256s.empty()) return 0;
  changed_ = true;
  const std::string all = text::json_array(sha256s);
  const auto statement = [&](const char* sql) -> Statement& {
    return session_.statement(sql).bind(1, std::string_view(all));
  };
  Session::Transaction transaction(session_);
  statement(
      "INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id, next_at)"
      " SELECT project_id, entity, entity_id, 0 FROM files"
      " WHERE sha256 IN (SELECT value FROM json_each(?))")
      .run();
  statement(
      "INSERT OR IGNORE INTO export_marks(project_id, mark)"
      " SELECT DISTINCT project_id, CASE entity WHEN 'assets' THEN ?2 ELSE ?3 END"
      " FROM files WHERE sha256 IN (SELECT value FROM json_each(?1))")
      .bind(2, name_of(ExportMark::images))
      .bind(3, name_of(ExportMark::models))
      .run();
  // What lies in exports may be the same file under another name. All places of the projects are
  // gone through, once for all of the content.
  statement(
      "UPDATE placed_files SET sha256 = NULL"
      " WHERE sha256 IN (SELECT value FROM json_each(?1)) AND project_id IN"
      " (SELECT project_id FROM files WHERE sha256 IN (SELECT value FROM json_each(?1)))")
      .run();
  // The hash stays: what comes in its place is a change of the content or is none.
  statement(
      "UPDATE files SET status = 'missing', crc32c = NULL, md5 = NULL"
      " WHERE sha256 IN (SELECT value FROM json_each(?))")
      .run();
  const std::int64_t rows = session_.database().changed_rows();
  transaction.commit();
  return rows;
}

void KeptFiles::verified(const std::vector<std::string>& sha256s, std::int64_t now) {
  Session::Transaction transaction(session_);
  for (const std::string& sha256 : sha256s) {
    session_.statement("UPDATE files SET verified_at = ? WHERE sha256 = ? AND status = 'ok'")
        .bind(1, now)
        .bind(2, std::string_view(sha256))
        .run();
  }
  transaction.commit();
}

void KeptFiles::leave_queue(const FileId& file) {
  bind_file(session_.statement(
                "DELETE FROM file_queue WHERE project_id = ? AND entity = ? AND entity_id = ?"),
            file)
      .run();
}

void KeptFiles::leave_over(const std::string& sha256) {
  session_
      .statement(
          "INSERT INTO content_leftovers(sha256) VALUES(?)"
          " ON CONFLICT DO UPDATE SET since = NULL WHERE since IS NOT NULL")
      .bind(1, std::string_view(sha256))
      .run();
}

void KeptFiles::mark_exports(const FileId& file) {
  ExportRecords(session_).mark(file.project_id, file.entity == objects::assets.name
                                                    ? ExportMark::images
                                                    : ExportMark::models);
}

// What is told here is no news to the rows themselves.
void KeptFiles::tell(const FileId& file, const std::string& before, const std::string& after) {
  session_.changes().content_changed({session_.sync_id, session_.now_ms}, file.entity_id,
                                     file.project_id, before, after);
  const std::int64_t seq = session_.database().last_rowid();
  session_.statement("UPDATE file_state SET seq = ?1 WHERE seq = ?1 - 1").bind(1, seq).run();
}

}  // namespace nexus_mirror::store
