// Which rows of `files` there should be: what changed is looked at, and where that does not tell,
// projects are looked over.
#include <vector>

#include "store/change_feed.h"
#include "store/file_id.h"
#include "store/kept_files.h"
#include "store/wanted_scopes.h"
#include "text/json.h"

namespace nexus_mirror::store {
namespace {

constexpr const char* kAssets = "assets";
constexpr const char* kModels = "models";
constexpr std::int64_t kPiece = 1000;  // rows, or changes, of a transaction

// Whether asset a is wanted; the parameters are those that WantedScopes::bind() sets.
constexpr const char* kFits =
    " (?1 = '[]' OR EXISTS (SELECT 1 FROM asset_groups g WHERE g.asset_id = a.id AND"
    " g.project_id = a.project_id AND g.name IN (SELECT value FROM json_each(?1))))"
    " AND (?2 = '[]' OR a.status IN (SELECT value FROM json_each(?2)))"
    " AND (?3 = 0 OR ifnull(a.file_size, 0) <= ?3)";

// Of the object behind a file: whether it is there, whether its file is wanted, whether there is
// one to be had.
std::string object_columns(bool assets) {
  if (assets) return std::string(" a.id IS NOT NULL, a.id IS NOT NULL AND") + kFits + ", 1";
  return " ifnull(a.status = 'Finished', 0), ifnull(a.status = 'Finished', 0),"
         " ifnull(a.download_url, '') <> ''";
}

std::string join_object(bool assets, const char* id) {
  return std::string(" LEFT JOIN ") + (assets ? kAssets : kModels) +
         " a ON a.project_id = ?4 AND a.id = " + id;
}

std::string state_of_one(bool assets) {
  return "SELECT f.entity_id IS NOT NULL, f.sha256," + object_columns(assets) +
         " FROM (SELECT 1) LEFT JOIN files f ON f.project_id = ?4 AND f.entity = '" +
         (assets ? kAssets : kModels) + "' AND f.entity_id = ?5" + join_object(assets, "?5");
}

// Behind the id ?5.
std::string states_of_rows(bool assets) {
  return "SELECT f.entity_id, f.sha256," + object_columns(assets) + " FROM files f" +
         join_object(assets, "f.entity_id") + " WHERE f.project_id = ?4 AND f.entity = '" +
         (assets ? kAssets : kModels) + "' AND f.entity_id > ?5 ORDER BY f.entity_id LIMIT " +
         std::to_string(kPiece);
}

constexpr const char* kWithoutRow =
    " AND NOT EXISTS (SELECT 1 FROM files f WHERE f.project_id = a.project_id"
    " AND f.entity = ?5 AND f.entity_id = a.id)";
constexpr const char* kIntoQueue =
    "INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id, next_at)"
    " SELECT a.project_id, ?5, a.id, 0";
constexpr const char* kIntoFiles =
    "INSERT INTO files(project_id, entity, entity_id, status, attempts)"
    " SELECT a.project_id, ?5, a.id, 'missing', 0";

}  // namespace

KeptFiles::WantedScopes::WantedScopes(const WantedFiles& wanted,
                                      const std::function<bool()>& its_go_on)
    : groups_(text::json_array(wanted.groups)),
      statuses_(text::json_array(wanted.statuses)),
      max_file_(wanted.max_file),
      go_on_(its_go_on) {
  for (const std::string& project : wanted.image_projects) scopes_.emplace(kAssets, project);
  for (const std::string& project : wanted.model_projects) scopes_.emplace(kModels, project);
}

// By the columns that differ of an asset or a model.
bool KeptFiles::may_be_another_content(const std::string& before) {
  return session_.any(
      "SELECT 1 FROM json_each(?) WHERE key IN ('url', 'file_size', 'mime_type', 'download_url')",
      before);
}

// Looks at what changed since `seq`, and notes how far it got.
bool KeptFiles::follow_changes(const WantedScopes& scopes, std::int64_t seq) {
  ChangeFeed feed(session_.database());
  ChangeFilter filter;
  filter.entities = {kAssets, kModels};
  for (std::vector<Change> changes = feed.since(seq, kPiece, filter); !changes.empty();
       changes = feed.since(seq, kPiece, filter)) {
    if (!scopes.goes_on()) return false;
    for (const Change& change : changes) {
      if (change.op != "load" || !change.project_id) continue;
      if (!look_over({change.entity, *change.project_id}, scopes, false)) return false;
    }
    Session::Transaction transaction(session_);
    for (const Change& change : changes) {
      if (!change.entity_id || !change.project_id) continue;
      // One that was gone and is there again may be another, too.
      const bool anew = change.op == "insert" || (change.op == "update" && change.before &&
                                                  may_be_another_content(*change.before));
      look_at({change.entity, *change.entity_id, *change.project_id}, anew, scopes);
    }
    seq = changes.back().seq;
    session_.statement("UPDATE file_state SET seq = ?").bind(1, seq).run();
    transaction.commit();
  }
  return true;
}

// `anew`: its content may be another than before.
void KeptFiles::look_at(const FileId& file, bool anew, const WantedScopes& scopes) {
  static const std::string of_asset = state_of_one(true), of_model = state_of_one(false);
  const bool assets = file.entity == kAssets;
  Statement& select = session_.statement((assets ? of_asset : of_model).c_str());
  scopes.bind(select).bind(4, std::string_view(file.project_id));
  select.bind(5, std::string_view(file.entity_id));
  bool has_row = false, is_there = false, fits = false, to_be_had = false;
  std::string sha256;
  {
    ResetGuard guard(select);
    if (!select.step()) return;
    has_row = select.integer(0) != 0;
    sha256 = select.text(1);
    is_there = select.integer(2) != 0;
    fits = select.integer(3) != 0;
    to_be_had = select.integer(4) != 0;
  }
  const bool wanted = scopes.has({file.entity, file.project_id});
  if (has_row && !(wanted && fits)) return drop(file, sha256, wanted && !is_there);
  if (has_row && anew) return enqueue(file);
  if (has_row || !wanted || !fits || !to_be_had) return;
  bind_file(session_.statement("INSERT INTO files(project_id, entity, entity_id, status, attempts)"
                               " VALUES(?, ?, ?, 'missing', 0)"),
            file)
      .run();
  enqueue(file);
}

void KeptFiles::enqueue(const FileId& file) {
  changed_ = true;
  bind_file(session_.statement("INSERT OR REPLACE INTO file_queue(project_id, entity, entity_id,"
                               " next_at) VALUES(?, ?, ?, 0)"),
            file)
      .run();
}

// Removes the row with its place in the queue; `tell_of_it`: its object is gone, which the feed is
// told.
void KeptFiles::drop(const FileId& file, const std::string& sha256, bool tell_of_it) {
  changed_ = true;
  for (const char* const sql :
       {"DELETE FROM files WHERE project_id = ? AND entity = ? AND entity_id = ?",
        "DELETE FROM file_queue WHERE project_id = ? AND entity = ? AND entity_id = ?"}) {
    bind_file(session_.statement(sql), file).run();
  }
  mark_exports(file);
  if (sha256.empty()) return;
  leave_over(sha256);
  if (tell_of_it && file.entity == kAssets) tell(file, sha256, {});
}

// Those that rows are of; each is one look into the index.
std::set<KeptFiles::FileScope> KeptFiles::scopes_with_rows() {
  std::set<FileScope> scopes;
  FileScope last;
  while (true) {
    Statement& next = session_.statement(
        "SELECT entity, project_id FROM files WHERE (project_id, entity) > (?1, ?2)"
        " ORDER BY project_id, entity LIMIT 1");
    ResetGuard guard(next);
    next.bind(1, std::string_view(last.second)).bind(2, std::string_view(last.first));
    if (!next.step()) return scopes;
    FileScope scope(next.text(0), next.text(1));
    scopes.insert(scope);
    last = std::move(scope);
  }
}

std::set<KeptFiles::FileScope> KeptFiles::all_scopes(const WantedScopes& scopes) {
  std::set<FileScope> all = scopes_with_rows();
  all.insert(scopes.all().begin(), scopes.all().end());
  return all;
}

// Those that `settings` asks other files of than the rows are up to.
std::set<KeptFiles::FileScope> KeptFiles::differing(const FilesState& last,
                                                    const std::string& settings,
                                                    const WantedScopes& scopes) {
  if (last.settings == settings) return {};
  if (last.settings.ends_with(' ')) return all_scopes(scopes);  // of a call that was stopped
  const std::string before = last.settings.size() < 2 ? "{}" : last.settings;
  Statement& rules = session_.statement(
      "SELECT json_remove(?1, '$.images', '$.models') = json_remove(?2, '$.images', '$.models')");
  {
    ResetGuard guard(rules);
    rules.bind(1, std::string_view(before)).bind(2, std::string_view(settings));
    if (!rules.step() || rules.integer(0) == 0) return all_scopes(scopes);
  }
  std::set<FileScope> over;
  // Rows of what is wanted no more may be there of a call that was stopped, too.
  for (const FileScope& scope : scopes_with_rows()) {
    if (!scopes.has(scope)) over.insert(scope);
  }
  Statement& was = session_.statement(
      "SELECT 'assets', value FROM json_each(?1, '$.images')"
      " UNION ALL SELECT 'models', value FROM json_each(?1, '$.models')");
  ResetGuard guard(was);
  was.bind(1, std::string_view(before));
  std::set<FileScope> known;
  while (was.step()) known.emplace(was.text(0), was.text(1));
  for (const FileScope& scope : scopes.all()) {
    if (!known.contains(scope)) over.insert(scope);
  }
  return over;
}

// All of a project's files of one kind; `anew`: whatever is here may be another by now.
bool KeptFiles::look_over(const FileScope& scope, const WantedScopes& scopes, bool anew) {
  if (!drop_unwanted(scope, scopes, anew)) return false;
  if (!scopes.has(scope)) return true;
  if (scope.first == kAssets) return add_assets(scope.second, scopes);
  add_models(scope.second);
  return true;
}

bool KeptFiles::drop_unwanted(const FileScope& scope, const WantedScopes& scopes, bool anew) {
  static const std::string of_assets = states_of_rows(true), of_models = states_of_rows(false);
  struct Row {
    FileId file;
    std::string sha256;
    bool is_there, fits;
  };
  const bool wanted = scopes.has(scope);
  const auto& [entity, project] = scope;
  std::string after;
  std::vector<Row> rows;
  do {
    if (!scopes.goes_on()) return false;
    rows.clear();
    {
      Statement& select = session_.statement((entity == kAssets ? of_assets : of_models).c_str());
      ResetGuard guard(select);
      scopes.bind(select).bind(4, std::string_view(project)).bind(5, std::string_view(after));
      while (select.step()) {
        rows.push_back({{entity, std::string(select.text(0)), project},
                        std::string(select.text(1)),
                        select.integer(2) != 0,
                        select.integer(3) != 0});
      }
    }
    if (rows.empty()) return true;
    after = rows.back().file.entity_id;
    Session::Transaction transaction(session_);
    for (const Row& row : rows) {
      if (!wanted || !row.fits) {
        drop(row.file, row.sha256, wanted && !row.is_there);
      } else if (anew && !row.sha256.empty()) {
        enqueue(row.file);
      }
    }
    transaction.commit();
  } while (static_cast<std::int64_t>(rows.size()) == kPiece);
  return true;
}

// By status, for the index by project goes by it.
bool KeptFiles::add_assets(const std::string& project_id, const WantedScopes& scopes) {
  static const std::string from =
      std::string(
          " FROM assets a WHERE a.project_id = ?4 AND a.status IS ?6 AND a.rowid > ?7"
          " AND a.rowid <= ?8 AND") +
      kFits + kWithoutRow;
  static const std::string statements[] = {kIntoQueue + from, kIntoFiles + from};
  std::vector<std::optional<std::string>> statuses;
  {
    Statement& select =
        session_.statement("SELECT DISTINCT status FROM assets WHERE project_id = ?");
    ResetGuard guard(select);
    select.bind(1, std::string_view(project_id));
    while (select.step()) statuses.push_back(select.optional_text(0));
  }
  for (const std::optional<std::string>& status : statuses) {
    std::int64_t after = 0;
    while (true) {
      if (!scopes.goes_on()) return false;
      std::int64_t last = 0;
      {
        Statement& piece = session_.statement(
            "SELECT max(rowid) FROM (SELECT rowid FROM assets WHERE project_id = ?1"
            " AND status IS ?2 AND rowid > ?3 ORDER BY rowid LIMIT ?4)");
        ResetGuard guard(piece);
        piece.bind(1, std::string_view(project_id)).bind(2, status).bind(3, after).bind(4, kPiece);
        if (!piece.step() || piece.null(0)) break;
        last = piece.integer(0);
      }
      Session::Transaction transaction(session_);
      for (const std::string& sql : statements) {
        Statement& insert = session_.statement(sql.c_str());
        scopes.bind(insert)
            .bind(4, std::string_view(project_id))
            .bind(5, std::string_view(kAssets));
        insert.bind(6, status).bind(7, after).bind(8, last).run();
        changed_ = true;
      }
      transaction.commit();
      after = last;
    }
  }
  return true;
}

// There are few.
void KeptFiles::add_models(const std::string& project_id) {
  static const std::string from =
      std::string(
          " FROM models a WHERE a.project_id = ?4 AND a.status = 'Finished'"
          " AND ifnull(a.download_url, '') <> ''") +
      kWithoutRow;
  static const std::string statements[] = {kIntoQueue + from, kIntoFiles + from};
  changed_ = true;
  Session::Transaction transaction(session_);
  for (const std::string& sql : statements) {
    session_.statement(sql.c_str())
        .bind(4, std::string_view(project_id))
        .bind(5, std::string_view(kModels))
        .run();
  }
  transaction.commit();
}

}  // namespace nexus_mirror::store
