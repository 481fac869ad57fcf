#include "store/migrations.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>

#include "nexus_mirror/error.h"
#include "objects/table.h"

namespace nexus_mirror::store {
namespace {

using objects::Table;

constexpr int kVersion = 2;
constexpr int kApplicationId = 0x6e786d72;  // "nxmr", shown by file(1)

// Where the mirror stands between two pages; empty when no sync is unfinished, except `loads`
// and `run_log_reads`, which hold one row per complete listing and log.
constexpr const char* kOwnTables = R"sql(
CREATE TABLE loads(
  project_id TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE passes(
  project_id TEXT NOT NULL PRIMARY KEY, touched_at INTEGER NOT NULL,
  layout INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, cursor TEXT NOT NULL, done INTEGER NOT NULL,
  inserted INTEGER NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint_rows(
  project_id TEXT NOT NULL, entity TEXT NOT NULL, chunk INTEGER NOT NULL, bits BLOB NOT NULL,
  PRIMARY KEY(project_id, entity, chunk)) STRICT, WITHOUT ROWID;
CREATE TABLE pending_assets(
  project_id TEXT NOT NULL, asset_id TEXT NOT NULL,
  PRIMARY KEY(project_id, asset_id)) STRICT, WITHOUT ROWID;
CREATE TABLE run_log_reads(
  log_id TEXT NOT NULL, project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,
  PRIMARY KEY(log_id)) STRICT, WITHOUT ROWID;
)sql";

// What the exports of each project were made from: see export_records.h.
constexpr const char* kExportTables = R"sql(
CREATE TABLE export_changes(
  project_id TEXT NOT NULL, entity TEXT NOT NULL,
  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID;
CREATE TABLE export_projects(
  project_id TEXT NOT NULL, folder TEXT NOT NULL, images INTEGER NOT NULL,
  annotations INTEGER NOT NULL,
  PRIMARY KEY(project_id)) STRICT, WITHOUT ROWID;
CREATE TABLE export_formats(
  project_id TEXT NOT NULL, format TEXT NOT NULL, requested INTEGER NOT NULL,
  settings TEXT NOT NULL, images INTEGER NOT NULL, annotations INTEGER NOT NULL,
  skipped TEXT NOT NULL, left_out TEXT NOT NULL, classes TEXT NOT NULL, classes_before TEXT,
  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kIndexes = R"sql(
CREATE UNIQUE INDEX insights_key ON insights(project_id, run_id, ifnull(artifact_id, ''));
CREATE INDEX projects_by_name ON projects(name);
CREATE INDEX projects_by_workspace ON projects(workspace_id);
CREATE INDEX ontologies_by_project ON ontologies(project_id);
CREATE INDEX assets_by_filename ON assets(filename);
CREATE INDEX assets_by_status ON assets(project_id, status);
CREATE INDEX annotations_by_asset ON annotations(asset_id);
CREATE INDEX annotations_by_tag ON annotations(project_id, tag);
CREATE INDEX sequences_by_project ON sequences(project_id);
CREATE INDEX workflows_by_project ON workflows(project_id);
CREATE INDEX runs_by_project ON runs(project_id);
CREATE INDEX artifacts_by_project ON artifacts(project_id);
CREATE INDEX artifact_files_by_artifact ON artifact_files(artifact_id);
CREATE INDEX models_by_project ON models(project_id);
CREATE INDEX models_by_artifact ON models(artifact_id);
CREATE INDEX deployments_by_project ON deployments(project_id);
CREATE INDEX deployment_versions_by_deployment ON deployment_versions(deployment_id);
CREATE INDEX operations_by_project ON operations(project_id);
CREATE INDEX changes_by_sync ON changes(sync_id);
CREATE INDEX changes_by_time ON changes(at);
)sql";

constexpr const char* kViews = R"sql(
CREATE VIEW model_links AS
SELECT m.project_id, p.name AS project_name, a.run_id, m.artifact_id, a.artifact_name,
       m.id AS model_id, m.format, m.quantization, m.status,
       m.download_url AS url, m.download_expiry AS expiry
FROM models m
LEFT JOIN artifacts a ON a.id = m.artifact_id
LEFT JOIN projects p ON p.id = m.project_id
WHERE m.download_url IS NOT NULL AND m.download_url <> ''
  AND (m.download_expiry IS NULL OR m.download_expiry > unixepoch() * 1000);
CREATE VIEW project_progress AS
SELECT p.id AS project_id, p.name, p.type,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id) AS assets,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id AND a.status = 'Annotated')
         AS annotated,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id AND a.status = 'Review') AS review,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id AND a.status = 'Completed')
         AS completed,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id AND a.status = 'Tofix') AS tofix,
       (SELECT count(*) FROM assets a WHERE a.project_id = p.id AND a.status = 'None') AS none,
       (SELECT count(*) FROM annotations n WHERE n.project_id = p.id) AS annotations
FROM projects p;
CREATE VIEW annotation_boxes AS
SELECT n.id AS annotation_id, n.project_id, n.asset_id, a.filename, n.tag, n.bound_type,
       n.xmin * a.width AS x, n.ymin * a.height AS y,
       (n.xmax - n.xmin) * a.width AS width, (n.ymax - n.ymin) * a.height AS height
FROM annotations n JOIN assets a ON a.id = n.asset_id
WHERE n.xmin IS NOT NULL;
CREATE VIEW tag_statistics AS
SELECT t.project_id, p.name AS project_name, t.name AS tag, t.tag_index,
       (SELECT count(*) FROM annotations n WHERE n.project_id = t.project_id AND n.tag = t.name)
         AS annotations,
       (SELECT count(DISTINCT n.asset_id) FROM annotations n
        WHERE n.project_id = t.project_id AND n.tag = t.name) AS assets
FROM tags t JOIN projects p ON p.id = t.project_id;
)sql";

// Lists of names are looked up by their parent alone: they live in its key.
bool without_rowid(const Table& table) {
  return &table == &objects::asset_groups || &table == &objects::project_tags ||
         &table == &objects::project_groups;
}

bool counts_by_itself(const Table& table) {
  return &table == &objects::syncs || &table == &objects::changes;
}

std::string create_table_sql(const Table& table) {
  std::string sql = "CREATE TABLE " + std::string(table.name) + "(\n";
  const bool counter = counts_by_itself(table);
  for (const objects::Field& field : table.fields) {
    sql.append("  ").append(field.column).append(" ").append(objects::sql_type(field.kind));
    if (counter && field.column == table.key[0]) sql += " PRIMARY KEY AUTOINCREMENT";
    sql += ",\n";
  }
  if (table.has_extra) sql += "  extra TEXT,\n";
  if (table.primary_key && !counter) {
    sql += "  PRIMARY KEY(";
    for (const std::string_view column : table.key) {
      if (column != table.key[0]) sql += ", ";
      sql += column;
    }
    sql += "),\n";
  }
  sql.erase(sql.size() - 2);
  return sql + (without_rowid(table) ? ") STRICT, WITHOUT ROWID;\n" : ") STRICT;\n");
}

}  // namespace

int latest_schema_version() { return kVersion; }

std::string create_schema_sql() {
  std::string sql;
  for (const Table* table : objects::all_tables()) sql += create_table_sql(*table);
  return sql + kOwnTables + kExportTables + kIndexes + kViews;
}

void migrate(SQLite::Database& database) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version == kVersion) return;
  const std::string file = database.getFilename();
  if (version > kVersion) {
    throw Error(ErrorCode::mirror, "opening", "mirror " + file,
                "it was written by a newer nexus-mirror (schema " + std::to_string(version) +
                    ", this one knows " + std::to_string(kVersion) + ")",
                "upgrade nexus-mirror, or name another mirror.database");
  }
  if (version == 0 && database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() > 0) {
    throw Error(ErrorCode::mirror, "opening", "mirror " + file,
                "it is a database of something else", "name another mirror.database");
  }
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  if (version == 0) {
    database.exec(create_schema_sql());
  } else {  // 1
    database.exec(kExportTables);
  }
  database.exec("PRAGMA application_id=" + std::to_string(kApplicationId));
  database.exec("PRAGMA user_version=" + std::to_string(kVersion));
  transaction.commit();
}

}  // namespace nexus_mirror::store
