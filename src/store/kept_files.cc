#include "store/kept_files.h"

#include <algorithm>
#include <utility>

#include "store/change_feed.h"
#include "store/export_records.h"
#include "store/file_id.h"
#include "text/json.h"
#include "text/json_writer.h"

namespace nexus_mirror::store {
namespace {

constexpr const char* kAssets = "assets";
constexpr const char* kModels = "models";

// ?1 are groups, ?2 statuses, ?3 is the largest size: whether asset a is wanted.
constexpr const char* kFits =
    " (?1 = '[]' OR EXISTS (SELECT 1 FROM asset_groups g WHERE g.asset_id = a.id AND"
    " g.project_id = a.project_id AND g.name IN (SELECT value FROM json_each(?1))))"
    " AND (?2 = '[]' OR a.status IN (SELECT value FROM json_each(?2)))"
    " AND (?3 = 0 OR ifnull(a.file_size, 0) <= ?3)";

// The wanted of all projects as text: another text, and every row is looked at.
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

// Those of `wanted` that are in `touched`; all where nobody says.
std::string narrowed(const std::vector<std::string>& wanted,
                     const std::optional<std::set<std::string>>& touched) {
  std::vector<std::string> ids;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(ids),
               [&](const std::string& id) { return !touched || touched->contains(id); });
  return text::json_array(ids);
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

void KeptFiles::reconcile(const WantedFiles& wanted) {
  FilesState last = state();
  const std::string settings = settings_text(wanted);
  const std::int64_t newest = ChangeFeed(session_.database()).newest();
  if (last.exists && last.settings == settings && last.seq == newest) return;
  Session::Transaction transaction(session_);
  std::optional<std::set<std::string>> touched;
  const bool known = last.exists && last.settings == settings &&
                     ChangeFeed(session_.database()).reaches_back_to(last.seq);
  if (last.exists) {
    std::set<std::string> projects = note_changes(last.seq);
    if (known) touched = std::move(projects);
  }
  drop_unwanted(wanted);
  for (const std::string& entity : {std::string(kAssets), std::string(kModels)}) {
    const bool assets = entity == kAssets;
    const std::string projects =
        narrowed(assets ? wanted.image_projects : wanted.model_projects, touched);
    if (projects == "[]") continue;
    drop_gone(entity, projects);
    if (assets) drop_unfit(wanted, projects);
    add_wanted(wanted, entity, projects);
  }
  last.settings = settings;
  last.seq = ChangeFeed(session_.database()).newest();
  put_state(last);
  transaction.commit();
}

// By the columns that differ of an asset or a model.
bool KeptFiles::may_be_another_content(const std::string& before) {
  return session_.any(
      "SELECT 1 FROM json_each(?) WHERE key IN ('url', 'file_size', 'mime_type', 'download_url')",
      before);
}

// What changed since `seq`: the projects, and, in the queue, files that may be others now.
std::set<std::string> KeptFiles::note_changes(std::int64_t seq) {
  constexpr std::int64_t kPiece = 1000;
  ChangeFeed feed(session_.database());
  ChangeFilter filter;
  filter.entities = {kAssets, kModels};
  std::set<std::string> projects;
  for (std::vector<Change> changes = feed.since(seq, kPiece, filter); !changes.empty();
       changes = feed.since(changes.back().seq, kPiece, filter)) {
    for (const Change& change : changes) {
      if (!change.project_id) continue;
      projects.insert(*change.project_id);
      if (change.op != "update" || !change.entity_id || !change.before ||
          !may_be_another_content(*change.before)) {
        continue;
      }
      session_
          .statement(
              "INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id, next_at)"
              " SELECT project_id, entity, entity_id, 0 FROM files"
              " WHERE project_id = ? AND entity = ? AND entity_id = ?")
          .bind(1, std::string_view(*change.project_id))
          .bind(2, std::string_view(change.entity))
          .bind(3, std::string_view(*change.entity_id))
          .run();
    }
  }
  return projects;
}

// Removes the rows that `sql` selects (project_id, entity, entity_id, sha256), with their places in
// the queue; `tell_of_it`: their objects are gone, which the feed is told.
void KeptFiles::drop(Statement& select, bool tell_of_it) {
  std::vector<std::pair<FileId, std::string>> rows;
  {
    ResetGuard guard(select);
    while (select.step()) {
      rows.push_back(
          {{std::string(select.text(1)), std::string(select.text(2)), std::string(select.text(0))},
           std::string(select.text(3))});
    }
  }
  for (const auto& [file, sha256] : rows) {
    for (const char* const sql :
         {"DELETE FROM files WHERE project_id = ? AND entity = ? AND entity_id = ?",
          "DELETE FROM file_queue WHERE project_id = ? AND entity = ? AND entity_id = ?"}) {
      bind_file(session_.statement(sql), file).run();
    }
    mark_exports(file);
    if (sha256.empty()) continue;
    leave_over(sha256);
    if (tell_of_it && file.entity == kAssets) tell(file, sha256, {});
  }
}

// Of projects that are wanted no more.
void KeptFiles::drop_unwanted(const WantedFiles& wanted) {
  const std::string images = text::json_array(wanted.image_projects);
  const std::string models = text::json_array(wanted.model_projects);
  Statement& select = session_.statement(
      "SELECT project_id, entity, entity_id, sha256 FROM files WHERE project_id NOT IN"
      " (SELECT value FROM json_each(CASE entity WHEN 'assets' THEN ?1 ELSE ?2 END))");
  select.bind(1, std::string_view(images)).bind(2, std::string_view(models));
  drop(select, false);
}

// Whose asset or model is gone.
void KeptFiles::drop_gone(const std::string& entity, const std::string& projects) {
  Statement& select = session_.statement(
      entity == kAssets
          ? "SELECT f.project_id, f.entity, f.entity_id, f.sha256 FROM files f WHERE"
            " f.entity = 'assets' AND f.project_id IN (SELECT value FROM json_each(?1)) AND NOT"
            " EXISTS (SELECT 1 FROM assets a WHERE a.id = f.entity_id AND"
            " a.project_id = f.project_id)"
          : "SELECT f.project_id, f.entity, f.entity_id, f.sha256 FROM files f WHERE"
            " f.entity = 'models' AND f.project_id IN (SELECT value FROM json_each(?1)) AND NOT"
            " EXISTS (SELECT 1 FROM models m WHERE m.id = f.entity_id AND"
            " m.project_id = f.project_id AND m.status = 'Finished')");
  select.bind(1, std::string_view(projects));
  drop(select, true);
}

// Assets that are of no wanted group or status any more, or too large.
void KeptFiles::drop_unfit(const WantedFiles& wanted, const std::string& projects) {
  if (wanted.groups.empty() && wanted.statuses.empty() && wanted.max_file == 0) return;
  static const std::string sql =
      std::string(
          "SELECT f.project_id, f.entity, f.entity_id, f.sha256 FROM files f JOIN assets a"
          " ON a.id = f.entity_id AND a.project_id = f.project_id"
          " WHERE f.entity = 'assets'"
          " AND f.project_id IN (SELECT value FROM json_each(?4)) AND NOT (") +
      kFits + ")";
  const std::string groups = text::json_array(wanted.groups);
  const std::string statuses = text::json_array(wanted.statuses);
  Statement& select = session_.statement(sql.c_str());
  select.bind(1, std::string_view(groups)).bind(2, std::string_view(statuses));
  select.bind(3, wanted.max_file).bind(4, std::string_view(projects));
  drop(select, false);
}

void KeptFiles::add_wanted(const WantedFiles& wanted, const std::string& entity,
                           const std::string& projects) {
  static const std::string of_assets =
      std::string(" FROM assets a WHERE a.project_id IN (SELECT value FROM json_each(?4)) AND") +
      kFits;
  static const std::string of_models =
      " FROM models a WHERE a.project_id IN (SELECT value FROM json_each(?4))"
      " AND a.status = 'Finished' AND ifnull(a.download_url, '') <> ''"
      " AND ?1 IS NOT NULL AND ?2 IS NOT NULL AND ?3 IS NOT NULL";
  static const std::string without_row =
      " AND NOT EXISTS (SELECT 1 FROM files f WHERE f.project_id = a.project_id"
      " AND f.entity = ?5 AND f.entity_id = a.id)";
  static const std::string queue =
      "INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id, next_at)"
      " SELECT a.project_id, ?5, a.id, 0";
  static const std::string rows =
      "INSERT INTO files(project_id, entity, entity_id, status, attempts)"
      " SELECT a.project_id, ?5, a.id, 'missing', 0";
  static const std::string statements[] = {
      queue + of_assets + without_row, rows + of_assets + without_row,
      queue + of_models + without_row, rows + of_models + without_row};
  const std::string groups = text::json_array(wanted.groups);
  const std::string statuses = text::json_array(wanted.statuses);
  const std::size_t first = entity == kAssets ? 0 : 2;
  for (const std::size_t at : {first, first + 1}) {
    Statement& insert = session_.statement(statements[at].c_str());
    insert.bind(1, std::string_view(groups)).bind(2, std::string_view(statuses));
    insert.bind(3, wanted.max_file).bind(4, std::string_view(projects));
    insert.bind(5, std::string_view(entity)).run();
  }
}

std::int64_t KeptFiles::lost(const std::string& sha256) {
  Session::Transaction transaction(session_);
  session_
      .statement(
          "INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id, next_at)"
          " SELECT project_id, entity, entity_id, 0 FROM files WHERE sha256 = ?")
      .bind(1, std::string_view(sha256))
      .run();
  session_
      .statement(
          "INSERT OR IGNORE INTO export_marks(project_id, mark)"
          " SELECT DISTINCT project_id, CASE entity WHEN 'assets' THEN ?2 ELSE ?3 END"
          " FROM files WHERE sha256 = ?1")
      .bind(1, std::string_view(sha256))
      .bind(2, name_of(ExportMark::images))
      .bind(3, name_of(ExportMark::models))
      .run();
  // What lies in exports may be the same file under another name.
  session_
      .statement(
          "UPDATE placed_files SET sha256 = NULL WHERE sha256 = ?1 AND project_id IN"
          " (SELECT project_id FROM files WHERE sha256 = ?1)")
      .bind(1, std::string_view(sha256))
      .run();
  // The hash stays: what comes in its place is a change of the content or is none.
  session_
      .statement(
          "UPDATE files SET status = 'missing', crc32c = NULL, md5 = NULL"
          " WHERE sha256 = ?")
      .bind(1, std::string_view(sha256))
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
  session_.statement("INSERT OR IGNORE INTO content_leftovers(sha256) VALUES(?)")
      .bind(1, std::string_view(sha256))
      .run();
}

void KeptFiles::mark_exports(const FileId& file) {
  ExportRecords(session_).mark(file.project_id,
                               file.entity == kAssets ? ExportMark::images : ExportMark::models);
}

// What is told here is no news to the rows themselves.
void KeptFiles::tell(const FileId& file, const std::string& before, const std::string& after) {
  session_.changes().content_changed({session_.sync_id, session_.now_ms}, file.entity_id,
                                     file.project_id, before, after);
  const std::int64_t seq = session_.database().last_rowid();
  session_.statement("UPDATE file_state SET seq = ?1 WHERE seq = ?1 - 1").bind(1, seq).run();
}

}  // namespace nexus_mirror::store
