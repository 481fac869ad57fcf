#include "store/forgetting.h"

#include <set>

#include "objects/table.h"
#include "store/change_feed.h"
#include "store/export_records.h"

namespace nexus_mirror::store {
namespace {

using objects::Table;

// Rows that one statement deletes: what it remembers of them is in memory.
constexpr const char* kPiece = "10000";

constexpr std::string_view kAssets = "assets";

// The parameters of all SQL here: ?1 the project, ?2 the asset where there is one.
void bind_to(Statement& statement, const std::string& sql, const Forgettable& what) {
  statement.bind(1, std::string_view(what.project_id));
  if (sql.find("?2") != sql.npos) statement.bind(2, std::string_view(what.asset_id));
}

// Annotations that are on the asset, or were as far as the history knows.
constexpr const char* kAnnotationsEver =
    "SELECT id FROM annotations WHERE asset_id = ?2 AND project_id = ?1 "
    "UNION SELECT entity_id FROM changes WHERE project_id = ?1 AND +entity = 'annotations' AND "
    "(instr(before, ?2) > 0 AND before ->> '$.asset_id' = ?2 "
    "OR instr(after, ?2) > 0 AND after ->> '$.asset_id' = ?2)";

// Which rows of the table are an asset's, its own included; empty = none are.
std::string of_asset(const Table& table) {
  const std::string project = " AND project_id = ?1";
  if (table.name == kAssets) return "id = ?2" + project;
  if (table.column("asset_id") >= 0) return "asset_id = ?2" + project;
  if (table.column("entity_id") < 0) return {};
  return "entity IN ('assets', 'files') AND entity_id = ?2" + project;
}

std::int64_t count(Database& database, const std::string& sql, const Forgettable& what) {
  Statement select = database.prepare(sql);
  bind_to(select, sql, what);
  return select.step() ? select.integer(0) : 0;
}

std::string count_sql(const Table& table, bool asset) {
  const std::string name(table.name), select = "SELECT count(*) FROM " + name + " WHERE ";
  if (!asset) {
    if (table.project.empty() || table.column(table.project) < 0) return {};
    return select + std::string(table.project) + " = ?1";
  }
  const std::string which = of_asset(table);
  if (which.empty()) return {};
  if (table.storage != objects::Storage::counter) return select + which;
  // Of the feed, those of its annotations, too.
  return "SELECT (" + select + which + ") + (" + select +
         "entity = 'annotations' AND project_id = ?1 AND entity_id IN (" + kAnnotationsEver + "))";
}

void count_content(Database& database, const Forgettable& what, ForgettableSum& sum) {
  const bool asset = !what.asset_id.empty();
  const std::string other = asset ? "(o.project_id <> ?1 OR o.entity <> 'assets' OR o.entity_id <> "
                                    "?2)"
                                  : "o.project_id <> ?1";
  const std::string sql =
      "SELECT count(*), ifnull(sum(bytes), 0) FROM (SELECT f.bytes FROM files "
      "f WHERE f.project_id = ?1 AND f.status = 'ok'" +
      std::string(asset ? " AND f.entity = 'assets' AND f.entity_id = ?2" : "") +
      " AND NOT EXISTS (SELECT 1 FROM files o WHERE o.sha256 = f.sha256 AND " + other +
      ") GROUP BY f.sha256)";
  Statement select = database.prepare(sql);
  bind_to(select, sql, what);
  select.step();
  sum.files = select.integer(0);
  sum.bytes = select.integer(1);
}

// Tables of the mirror's own and of the server's objects that say whose a row is.
struct ProjectTable {
  std::string name;
  bool without_rowid, has_index;
};

std::vector<ProjectTable> tables_of_projects(Database& database) {
  Statement select = database.prepare(
      "SELECT m.name, l.wr, EXISTS (SELECT 1 FROM pragma_index_list(m.name) i "
      "JOIN pragma_index_info(i.name) c ON c.seqno = 0 AND c.name = 'project_id') "
      "FROM sqlite_schema m JOIN pragma_table_list(m.name) l ON l.schema = 'main' "
      "WHERE m.type = 'table' AND EXISTS "
      "(SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'project_id')");
  std::vector<ProjectTable> tables;
  while (select.step()) {
    tables.push_back({std::string(select.text(0)), select.integer(1) != 0, select.integer(2) != 0});
  }
  return tables;
}

// While it lives what is deleted is overwritten, and a stop is heard.
class Dropping {
 public:
  explicit Dropping(Session& session) : database_(session.database()) {
    database_.execute("PRAGMA secure_delete=ON");
    database_.watch(session.go_on);
  }
  ~Dropping() {
    database_.watch({});
    try {
      database_.execute("PRAGMA secure_delete=OFF");
    } catch (...) {  // it costs the next writes their time
    }
  }
  Dropping(const Dropping&) = delete;
  Dropping& operator=(const Dropping&) = delete;

 private:
  Database& database_;
};

}  // namespace

std::vector<ForgettableProject> forgettable_projects(Database& database) {
  Statement select = database.prepare(
      "SELECT p.id, p.name, p.workspace_id, w.name, p.removed_at IS NOT NULL, EXISTS "
      "(SELECT 1 FROM export_projects e WHERE e.project_id = p.id) "
      "FROM projects p LEFT JOIN workspaces w ON w.id = p.workspace_id ORDER BY p.name, p.id");
  std::vector<ForgettableProject> projects;
  while (select.step()) {
    projects.push_back({std::string(select.text(0)), std::string(select.text(1)),
                        std::string(select.text(2)), std::string(select.text(3)),
                        select.integer(4) != 0, select.integer(5) != 0});
  }
  return projects;
}

std::vector<std::string> projects_of_asset(Database& database, const std::string& asset_id) {
  Statement select = database.prepare(
      "SELECT project_id FROM assets WHERE id = ?1 UNION SELECT project_id FROM changes "
      "WHERE entity = 'assets' AND entity_id = ?1 AND op <> 'forget' AND project_id IS NOT NULL");
  select.bind(1, std::string_view(asset_id));
  std::vector<std::string> ids;
  while (select.step()) ids.emplace_back(select.text(0));
  return ids;
}

ForgettableSum count_forgettable(Database& database, const Forgettable& what) {
  ForgettableSum sum;
  for (const Table* table : objects::all_tables()) {
    const std::string sql = count_sql(*table, !what.asset_id.empty());
    const std::int64_t rows = sql.empty() ? 0 : count(database, sql, what);
    if (rows == 0) continue;
    sum.tables.push_back({std::string(table->name), rows});
    sum.rows += rows;
  }
  count_content(database, what, sum);
  return sum;
}

void Forgetting::drop(const std::vector<Forgettable>& all) {
  session_.commit_pages();
  Database& database = session_.database();
  {
    const Dropping dropping(session_);
    Session::Transaction transaction(session_);
    remember_reach();
    for (const Forgettable& what : all) {
      leave_content_over(what);
      what.asset_id.empty() ? drop_project(what.project_id) : drop_asset(what);
      tell(what);
    }
    transaction.commit();
  }
  database.checkpoint();  // so that it is not in the -wal either
}

// The rows that go may be the first that the feed has, and moments before them are answered still.
void Forgetting::remember_reach() {
  ChangeFeed feed(session_.database());
  if (!feed.positions(kPruned).empty()) return;
  const std::int64_t oldest = session_.database().number("SELECT min(seq) FROM changes");
  session_.database()
      .prepare("INSERT INTO consumers(name, project_id, seq, sync_id) VALUES(?, '', ?, 0)")
      .bind(1, kPruned)
      .bind(2, oldest == 0 ? feed.newest() : oldest - 1)
      .run();
}

// What others refer to all the same stays: that is looked at when it is removed.
void Forgetting::leave_content_over(const Forgettable& what) {
  const std::string which =
      what.asset_id.empty() ? " WHERE project_id = ?1" : " WHERE " + of_asset(objects::files);
  const std::string told = std::string(" FROM changes WHERE entity = 'files' AND project_id = ?1") +
                           (what.asset_id.empty() ? "" : " AND entity_id = ?2");
  const std::string since = std::to_string(kForgottenSince);
  for (const std::string& content : {"SELECT sha256 AS content FROM files" + which,
                                     "SELECT before ->> '$.sha256' AS content" + told,
                                     "SELECT after ->> '$.sha256' AS content" + told}) {
    run("INSERT INTO content_leftovers(sha256, since) SELECT content, " + since + " FROM (" +
            content + ") WHERE content IS NOT NULL ON CONFLICT DO UPDATE SET since = " + since,
        what);
  }
}

void Forgetting::drop_project(const std::string& id) {
  const Forgettable what{id};
  // First what triggers count: without it they find nothing to count down.
  for (const char* table : {"asset_counts", "annotation_counts", "tag_counts"}) {
    run("DELETE FROM " + std::string(table) + " WHERE project_id = ?1", what);
  }
  for (const ProjectTable& table : tables_of_projects(session_.database())) {
    // What it has in the export directory is looked for by this.
    if (table.name == "export_projects") continue;
    if (table.without_rowid) {
      run("DELETE FROM " + table.name + " WHERE project_id = ?1", what);
    } else if (table.has_index) {
      drop_by_rowid(table.name, "SELECT rowid FROM " + table.name + " WHERE project_id = ?1", what);
    } else {
      drop_along_table(table.name, what);
    }
  }
  run("DELETE FROM projects WHERE id = ?1", what);
  run("INSERT INTO export_marks(project_id, mark) VALUES(?1, '" +
          std::string(name_of(ExportMark::forgotten)) + "')",
      what);
}

void Forgetting::drop_asset(const Forgettable& asset) {
  drop_annotations(asset);
  for (const Table* table : objects::all_tables()) {
    const std::string which = of_asset(*table), name(table->name);
    if (which.empty()) continue;
    if (table->storage == objects::Storage::bulk) {
      drop_by_rowid(name, "SELECT rowid FROM " + name + " WHERE " + which, asset);
    } else {
      run("DELETE FROM " + name + " WHERE " + which, asset);
    }
  }
  run("DELETE FROM file_queue WHERE entity = 'assets' AND entity_id = ?2 AND project_id = ?1",
      asset);
  run("DELETE FROM pending_assets WHERE project_id = ?1 AND asset_id = ?2", asset);
  // Where its image lies in exports is known until these are made anew.
  run("INSERT OR IGNORE INTO export_marks(project_id, mark) SELECT project_id, '" +
          std::string(name_of(ExportMark::images)) + "' FROM export_projects WHERE project_id = ?1",
      asset);
}

// The changes of annotations of the asset. One that is on another asset by now came to be when it
// left this one, as far as anybody may still know.
void Forgetting::drop_annotations(const Forgettable& asset) {
  Database& database = session_.database();
  database.execute(
      "CREATE TEMP TABLE IF NOT EXISTS forgotten_annotations(id TEXT PRIMARY KEY) "
      "STRICT, WITHOUT ROWID; DELETE FROM temp.forgotten_annotations");
  run("INSERT OR IGNORE INTO temp.forgotten_annotations " + std::string(kAnnotationsEver), asset);
  struct Left {
    std::string id;
    std::int64_t seq;
  };
  std::vector<Left> left;
  {
    const std::string sql =
        "SELECT c.entity_id, max(c.seq) FROM temp.forgotten_annotations f "
        "CROSS JOIN annotations a ON a.id = f.id AND a.project_id = ?1 AND a.asset_id IS NOT ?2 "
        "CROSS JOIN changes c ON c.entity = 'annotations' AND c.entity_id = f.id "
        "AND c.project_id = ?1 AND c.before ->> '$.asset_id' = ?2 GROUP BY 1";
    Statement select = database.prepare(sql);
    bind_to(select, sql, asset);
    while (select.step()) left.push_back({std::string(select.text(0)), select.integer(1)});
  }
  Statement before = database.prepare(
      "DELETE FROM changes WHERE entity = 'annotations' AND entity_id = ?1 AND project_id = ?2 "
      "AND (seq < ?3 OR seq = ?3 AND op = 'delete')");
  Statement came =
      database.prepare("UPDATE changes SET op = 'insert', before = NULL WHERE seq = ?");
  Statement keep = database.prepare("DELETE FROM temp.forgotten_annotations WHERE id = ?");
  for (const Left& one : left) {
    before.bind(1, std::string_view(one.id)).bind(2, std::string_view(asset.project_id));
    before.bind(3, one.seq).run();
    came.bind(1, one.seq).run();
    keep.bind(1, std::string_view(one.id)).run();
  }
  drop_by_rowid("changes",
                "SELECT c.seq FROM temp.forgotten_annotations f CROSS JOIN changes c "
                "ON c.entity = 'annotations' AND c.entity_id = f.id AND c.project_id = ?1",
                asset);
  database.execute("DELETE FROM temp.forgotten_annotations");
}

void Forgetting::drop_by_rowid(const std::string& table, const std::string& which,
                               const Forgettable& what) {
  const std::string sql =
      "DELETE FROM " + table + " WHERE rowid IN (" + which + " LIMIT " + kPiece + ")";
  do {
    run(sql, what);
  } while (session_.database().changed_rows() > 0);
}

// Of a table that no index parts by project: each piece of it is read once.
void Forgetting::drop_along_table(const std::string& table, const Forgettable& what) {
  Database& database = session_.database();
  Statement piece = database.prepare("SELECT max(rowid) FROM (SELECT rowid FROM " + table +
                                     " WHERE rowid > ? ORDER BY rowid LIMIT " + kPiece + ")");
  Statement remove = database.prepare("DELETE FROM " + table +
                                      " WHERE rowid > ?2 AND rowid <= ?3 AND +project_id = ?1");
  for (std::int64_t after = 0;;) {
    std::int64_t last = 0;
    {
      const ResetGuard guard(piece);
      if (!piece.bind(1, after).step() || piece.null(0)) return;
      last = piece.integer(0);
    }
    remove.bind(1, std::string_view(what.project_id)).bind(2, after).bind(3, last).run();
    after = last;
  }
}

void Forgetting::run(const std::string& sql, const Forgettable& what) {
  Statement statement = session_.database().prepare(sql);
  bind_to(statement, sql, what);
  statement.run();
}

void Forgetting::tell(const Forgettable& what) {
  const bool asset = !what.asset_id.empty();
  session_.database()
      .prepare(
          "INSERT INTO changes(sync_id, at, entity, entity_id, project_id, op) "
          "VALUES(NULL, ?, ?, ?, ?, 'forget')")
      .bind(1, session_.now_ms)
      .bind(2, asset ? objects::assets.name : objects::projects.name)
      .bind(3, std::string_view(asset ? what.asset_id : what.project_id))
      .bind(4, std::string_view(what.project_id))
      .run();
}

}  // namespace nexus_mirror::store
