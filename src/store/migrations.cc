// A step does what follows from no list: it moves rows from one table to another, or fills what is
// new. What can be read off the lists is done for every version alike. A table's statement in
// sqlite_schema is compared with the one that the field list makes; where they differ it is
// renamed, made anew and filled with the columns that both have. So a new field needs no more than
// the next number, with an empty step. Indexes and views are dropped first and made at the end, in
// the same words for old and new mirrors: sqlite_schema of a migrated mirror is that of a new one,
// to the byte (tests/store/migration_steps_test.cc).
#include "store/migrations.h"

#include <vector>

#include "nexus_mirror/error.h"
#include "store/kept_counts.h"
#include "store/migration_run.h"
#include "store/schema.h"
#include "store/views.h"
#include "text/joined.h"

namespace nexus_mirror::store {
namespace {

constexpr int kApplicationId = 0x6e786d72;  // "nxmr", shown by file(1)

struct Step {
  int version;  // that the mirror has afterwards
  const char* sql;
};

// Tables of the newest version that were not there are made before the first step.
constexpr Step kSteps[] = {
    // Tables whose rows changed since the project's last export.
    {2, R"sql(
CREATE TABLE export_changes(project_id TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
)sql"},
    // The feed of changes has consumers. Of what was exported and is settled, the exports have read
    // everything; of what is marked they have read nothing, so that it is looked at whole. And the
    // `load` row of a kind is its first: what a load that was cut short wrote before is in it.
    {3, R"sql(
CREATE TEMP TABLE first_loads(project_id TEXT, entity TEXT, seq INTEGER,
  PRIMARY KEY(project_id, entity)) WITHOUT ROWID;
INSERT INTO temp.first_loads SELECT project_id, entity, max(seq) FROM changes
  WHERE op = 'load' GROUP BY project_id, entity;
DELETE FROM changes WHERE entity NOT IN ('workspaces', 'projects', 'operations') AND op <> 'load'
  AND seq < ifnull((SELECT f.seq FROM temp.first_loads f WHERE f.project_id = changes.project_id
    AND f.entity = changes.entity), 0);
DROP TABLE temp.first_loads;
INSERT INTO consumers(name, project_id, seq, sync_id)
  SELECT 'exports', project_id, max(
      (SELECT ifnull(max(seq), 0) FROM changes),
      ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)),
    (SELECT ifnull(max(id), 0) FROM syncs)
  FROM export_projects WHERE project_id NOT IN (SELECT project_id FROM export_changes);
INSERT INTO export_marks(project_id, mark)
  SELECT project_id, entity FROM export_changes WHERE entity IN ('exports', 'links', 'run_logs');
DROP TABLE export_changes;
)sql"},
    // An id is one of a project: keys have both, and the lists of a parent name its project. A row
    // without a project is in no listing, so that it could never go; the server has it still.
    // Counts of tags have an order of their own: sorted here, or each row would be a change.
    // Exports that say all there is of a run have a file more.
    {4, R"sql(
ALTER TABLE asset_groups ADD COLUMN project_id TEXT;
UPDATE asset_groups SET project_id = (SELECT p.project_id FROM assets p WHERE p.id = asset_id);
ALTER TABLE artifact_files ADD COLUMN project_id TEXT;
UPDATE artifact_files SET project_id =
  (SELECT p.project_id FROM artifacts p WHERE p.id = artifact_id);
ALTER TABLE deployment_versions ADD COLUMN project_id TEXT;
UPDATE deployment_versions SET project_id =
  (SELECT p.project_id FROM deployments p WHERE p.id = deployment_id);
UPDATE assets SET tags_count = (SELECT json_group_array(
    CASE WHEN type IN ('object', 'array') THEN json(value) ELSE value END) FROM
    (SELECT type, value FROM json_each(tags_count)
    ORDER BY CASE type WHEN 'object' THEN json_extract(value, '$.name') END, value))
  WHERE json_valid(tags_count) AND json_type(tags_count) = 'array'
    AND json_array_length(tags_count) > 1;
UPDATE sequences SET item_count_with_role = json_quote(item_count_with_role)
  WHERE typeof(item_count_with_role) = 'text' AND NOT json_valid(item_count_with_role);
DELETE FROM asset_groups WHERE project_id IS NULL;
DELETE FROM artifact_files WHERE project_id IS NULL;
DELETE FROM deployment_versions WHERE project_id IS NULL;
DELETE FROM ontologies WHERE project_id IS NULL;
DELETE FROM assets WHERE project_id IS NULL;
DELETE FROM annotations WHERE project_id IS NULL;
DELETE FROM sequences WHERE project_id IS NULL;
DELETE FROM workflows WHERE project_id IS NULL;
DELETE FROM runs WHERE project_id IS NULL;
DELETE FROM artifacts WHERE project_id IS NULL;
DELETE FROM models WHERE project_id IS NULL;
DELETE FROM deployments WHERE project_id IS NULL;
DELETE FROM operations WHERE project_id IS NULL;
INSERT OR IGNORE INTO export_marks(project_id, mark) SELECT project_id, 'run_logs'
  FROM export_projects;
)sql"},
    // Tables and columns of exports: see schema.cc.
    {5, ""},
    // A checkpoint says what its pages lacked. What those of before lacked is not known, and a
    // listing that goes on from one would call gone what it may not: it begins anew. And rows
    // belong to the project that lists them: those of one that nobody knows are in no listing, so
    // that they could never go. The server has them still; the feed never heard of them.
    {6, R"sql(
DELETE FROM checkpoints;
DELETE FROM checkpoint_rows;
DELETE FROM changes WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM ontologies WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM assets WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM asset_groups WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM annotations WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM sequences WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM workflows WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM runs WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM artifacts WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM artifact_files WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM models WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM deployments WHERE project_id NOT IN (SELECT id FROM projects);
DELETE FROM deployment_versions WHERE project_id NOT IN (SELECT id FROM projects);
)sql"},
    // Tables of many rows have their key as an index that can be made when they are filled.
    {7, ""},
    // Pages are known again by their digests.
    {8, ""},
    // Files are kept.
    {9, ""},
    // Images lie in exports. Of those that are here nobody has looked yet how they end.
    {10, R"sql(
INSERT INTO jpeg_endings(sha256, cut) SELECT DISTINCT sha256, NULL FROM files
  WHERE entity = 'assets' AND sha256 IS NOT NULL;
)sql"},
    // The changes of one object are found; counts look through an asset's annotations, not a tag's.
    {11, ""},
    // What hooks ended badly on is kept.
    {12, ""},
};

constexpr int kNewest = 12;

// Given to a mirror once, for good.
constexpr const char* kIdentify =
    "INSERT INTO identity SELECT lower(hex(randomblob(16))) WHERE NOT EXISTS "
    "(SELECT 1 FROM identity)";

std::vector<std::string> names(Database& database, const std::string& sql) {
  std::vector<std::string> found;
  Statement select = database.prepare(sql);
  while (select.step()) found.emplace_back(select.text(0));
  return found;
}

std::string stored_sql(Database& database, const std::string& table) {
  Statement select =
      database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?");
  return select.bind(1, std::string_view(table)).step() ? std::string(select.text(0)) : "";
}

bool has_table(Database& database, const std::string& table) {
  return !stored_sql(database, table).empty();
}

// Ours, that is: what users have made for themselves stays.
void drop_indexes_and_views(Database& database) {
  for (const Trigger& trigger : all_triggers()) {
    database.execute("DROP TRIGGER IF EXISTS " + trigger.name);
  }
  for (const View& view : all_views()) database.execute("DROP VIEW IF EXISTS " + view.name);
  for (const IndexSql& index : all_index_sql()) {
    database.execute("DROP INDEX IF EXISTS " + index.name);
  }
}

// Rows keep their rowids, and numbers that are never given twice go on from where they were.
// Indexes that users have made are made again.
void make_anew(Database& database, const TableSql& table) {
  const std::string old = "old_" + table.name;
  const std::vector<std::string> theirs =
      names(database,
            "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND "
            "tbl_name = '" +
                table.name + "'");
  // Views keep speaking of the table by its name.
  database.execute("PRAGMA legacy_alter_table=ON; ALTER TABLE " + table.name + " RENAME TO " + old +
                   "; PRAGMA legacy_alter_table=OFF");
  database.execute(table.sql);
  std::string columns =
      text::joined(names(database, "SELECT n.name FROM pragma_table_info('" + table.name +
                                       "') n JOIN pragma_table_info('" + old +
                                       "') o ON o.name = n.name ORDER BY n.cid"),
                   ", ");
  const bool counter = table.sql.find("AUTOINCREMENT") != std::string::npos;
  const auto by_key = [](const std::string& sql) {
    return sql.find("WITHOUT ROWID") != std::string::npos;
  };
  const bool by_rowid = !counter && !by_key(table.sql) && !by_key(stored_sql(database, old));
  if (by_rowid) columns = "rowid, " + columns;
  database.execute("INSERT INTO " + table.name + "(" + columns + ") SELECT " + columns + " FROM " +
                   old);
  if (counter) {
    database.execute("DELETE FROM sqlite_sequence WHERE name = '" + table.name +
                     "'; UPDATE sqlite_sequence SET name = '" + table.name + "' WHERE name = '" +
                     old + "'");
  }
  database.execute("DROP TABLE " + old);
  for (const std::string& sql : theirs) database.execute(sql);
}

void bring_up(Database& database, int version) {
  drop_indexes_and_views(database);
  const std::vector<TableSql> tables = all_table_sql();
  for (const TableSql& table : tables) {
    if (!has_table(database, table.name)) database.execute(table.sql);
  }
  for (const Step& step : kSteps) {
    if (step.version > version) database.execute(step.sql);
  }
  for (const TableSql& table : tables) {
    if (stored_sql(database, table.name) != table.sql) make_anew(database, table);
  }
  database.execute(index_and_view_sql());
  for (const TableSql& table : tables) count_anew(database, table.name);
}

}  // namespace

int latest_schema_version() { return kNewest; }

std::string create_schema_sql() {
  std::string sql;
  for (const TableSql& table : all_table_sql()) sql += table.sql + ";\n";
  return sql + index_and_view_sql();
}

void migrate(Database& database, const std::function<bool()>& go_on) {
  const auto refuse = [&](const std::string& reason, const char* hint) {
    throw Error(ErrorCode::machine, "opening", "mirror " + database.path(), reason, hint);
  };
  const auto check = [&](int version) {
    if (version <= kNewest) return;
    refuse("it was written by a newer nexus-mirror (schema " + std::to_string(version) +
               ", this one knows " + std::to_string(kNewest) + ")",
           "upgrade nexus-mirror, or name another mirror.database");
  };
  int version = database.schema_version();
  check(version);
  if (version == kNewest) return;
  if (version == 0 && database.number("SELECT count(*) FROM sqlite_schema") > 0) {
    refuse("it is a database of something else", "name another mirror.database");
  }
  database.execute("BEGIN IMMEDIATE");
  try {
    version = database.schema_version();  // another process may have been faster
    check(version);
    if (version == 0) {
      database.execute(create_schema_sql());
    } else if (version < kNewest) {
      MigrationRun run(database, version, kNewest, go_on);
      bring_up(database, version);
      run.done();
    }
    database.execute(kIdentify);
    database.execute("PRAGMA application_id=" + std::to_string(kApplicationId));
    database.execute("PRAGMA user_version=" + std::to_string(kNewest));
    database.execute("COMMIT");
  } catch (...) {
    database.roll_back();
    throw;
  }
}

}  // namespace nexus_mirror::store
