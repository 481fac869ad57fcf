#include "store/schema.h"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "objects/table.h"
#include "store/kept_counts.h"
#include "store/views.h"
#include "text/joined.h"

namespace nexus_mirror::store {
namespace {

using objects::Storage;
using objects::Table;

// What the mirror keeps for itself: src/README.md, "Tables".
const TableSql kOwnTables[] = {
    {"loads",
     "CREATE TABLE loads(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID"},
    {"passes",
     "CREATE TABLE passes(\n"
     "  project_id TEXT NOT NULL PRIMARY KEY, touched_at INTEGER NOT NULL,\n"
     "  layout INTEGER NOT NULL) STRICT, WITHOUT ROWID"},
    {"checkpoints",
     "CREATE TABLE checkpoints(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, cursor TEXT NOT NULL, done INTEGER NOT "
     "NULL,\n"
     "  inserted INTEGER NOT NULL, complete INTEGER NOT NULL, problem TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID"},
    {"checkpoint_rows",
     "CREATE TABLE checkpoint_rows(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, chunk INTEGER NOT NULL, bits BLOB NOT "
     "NULL,\n"
     "  PRIMARY KEY(project_id, entity, chunk)) STRICT, WITHOUT ROWID"},
    {"pending_assets",
     "CREATE TABLE pending_assets(\n"
     "  project_id TEXT NOT NULL, asset_id TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, asset_id)) STRICT, WITHOUT ROWID"},
    // Counts that views show: see kept_counts.h.
    {"asset_counts",
     "CREATE TABLE asset_counts(\n"
     "  project_id TEXT NOT NULL, status TEXT NOT NULL, assets INTEGER NOT NULL,\n"
     "  PRIMARY KEY(project_id, status)) STRICT, WITHOUT ROWID"},
    {"annotation_counts",
     "CREATE TABLE annotation_counts(\n"
     "  project_id TEXT NOT NULL PRIMARY KEY, annotations INTEGER NOT NULL) STRICT, WITHOUT ROWID"},
    {"tag_counts",
     "CREATE TABLE tag_counts(\n"
     "  project_id TEXT NOT NULL, tag TEXT NOT NULL, annotations INTEGER NOT NULL,\n"
     "  assets INTEGER NOT NULL,\n"
     "  PRIMARY KEY(project_id, tag)) STRICT, WITHOUT ROWID"},
    // Pages of a first listing whose rows wait for their place: see bulk_load.h.
    {"incoming",
     "CREATE TABLE incoming(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, page INTEGER NOT NULL,\n"
     "  doubtful INTEGER NOT NULL, rows BLOB NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity, page)) STRICT"},
    // Pages that are known again by their bytes: see known_pages.h.
    {"page_digests",
     "CREATE TABLE page_digests(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, by_parent INTEGER NOT NULL,\n"
     "  first_row INTEGER NOT NULL, runs TEXT NOT NULL, digest BLOB NOT NULL,\n"
     "  rows_digest BLOB NOT NULL, request BLOB, etag TEXT, next TEXT, seal BLOB NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity, by_parent, first_row)) STRICT, WITHOUT ROWID"},
    {"run_log_reads",
     "CREATE TABLE run_log_reads(\n"
     "  log_id TEXT NOT NULL, project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date "
     "INTEGER,\n"
     "  PRIMARY KEY(project_id, run_id, log_id)) STRICT, WITHOUT ROWID"},
    {"run_matrix_reads",
     "CREATE TABLE run_matrix_reads(\n"
     "  project_id TEXT NOT NULL, run_id TEXT NOT NULL, run_update_date INTEGER,\n"
     "  PRIMARY KEY(project_id, run_id)) STRICT, WITHOUT ROWID"},
    // Kinds that a sync does not read, and why: see left_out.h.
    {"left_out",
     "CREATE TABLE left_out(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, reason TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity)) STRICT, WITHOUT ROWID"},
    // Who follows the changes, and how far: see consumers.h.
    {"consumers",
     "CREATE TABLE consumers(\n"
     "  name TEXT NOT NULL, project_id TEXT NOT NULL, seq INTEGER NOT NULL, sync_id INTEGER NOT "
     "NULL,\n"
     "  PRIMARY KEY(name, project_id)) STRICT, WITHOUT ROWID"},
    // What hooks ended badly on: see hook_troubles.h.
    {"hook_troubles",
     "CREATE TABLE hook_troubles(\n"
     "  consumer TEXT NOT NULL, project_id TEXT NOT NULL, sync_id INTEGER NOT NULL,\n"
     "  at INTEGER NOT NULL, problem TEXT NOT NULL,\n"
     "  PRIMARY KEY(consumer, project_id)) STRICT, WITHOUT ROWID"},
    // What the exports of each project were made from: see export_records.h.
    {"export_marks",
     "CREATE TABLE export_marks(\n"
     "  project_id TEXT NOT NULL, mark TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, mark)) STRICT, WITHOUT ROWID"},
    {"export_projects",
     "CREATE TABLE export_projects(\n"
     "  project_id TEXT NOT NULL, folder TEXT NOT NULL, images INTEGER NOT NULL,\n"
     "  annotations INTEGER NOT NULL, link TEXT,\n"
     "  PRIMARY KEY(project_id)) STRICT, WITHOUT ROWID"},
    {"export_formats",
     "CREATE TABLE export_formats(\n"
     "  project_id TEXT NOT NULL, format TEXT NOT NULL, requested INTEGER NOT NULL,\n"
     "  settings TEXT NOT NULL, images INTEGER NOT NULL, annotations INTEGER NOT NULL,\n"
     "  skipped TEXT NOT NULL, left_out TEXT NOT NULL, classes TEXT NOT NULL, classes_before "
     "TEXT,\n"
     "  approximated TEXT NOT NULL DEFAULT '[]', rules INTEGER NOT NULL DEFAULT 1,\n"
     "  places INTEGER, placing INTEGER NOT NULL DEFAULT 0, encoded INTEGER NOT NULL DEFAULT 0,\n"
     "  encoded_bytes INTEGER NOT NULL DEFAULT 0,\n"
     "  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID"},
    // Formats that do not fit a project's type, and why.
    {"export_misfits",
     "CREATE TABLE export_misfits(\n"
     "  project_id TEXT NOT NULL, format TEXT NOT NULL, reason TEXT NOT NULL,\n"
     "  PRIMARY KEY(project_id, format)) STRICT, WITHOUT ROWID"},
    // Files that are to be fetched or looked at, the settings and changes that `files` goes by, and
    // content that nothing may refer to any more: see kept_files.h, content_use.h.
    {"file_queue",
     "CREATE TABLE file_queue(\n"
     "  project_id TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL,\n"
     "  next_at INTEGER NOT NULL,\n"
     "  PRIMARY KEY(project_id, entity, entity_id)) STRICT, WITHOUT ROWID"},
    {"file_state",
     "CREATE TABLE file_state(\n"
     "  dir TEXT NOT NULL, settings TEXT NOT NULL, seq INTEGER NOT NULL) STRICT"},
    {"content_leftovers",
     "CREATE TABLE content_leftovers(\n"
     "  sha256 TEXT NOT NULL PRIMARY KEY, since INTEGER) STRICT, WITHOUT ROWID"},
    // What of it lies in exports, and JPEGs without their end (`cut`; NULL: nobody has looked): see
    // placed_files.h.
    {"placed_files",
     "CREATE TABLE placed_files(\n"
     "  project_id TEXT NOT NULL, format TEXT NOT NULL, path TEXT NOT NULL,\n"
     "  entity_id TEXT NOT NULL, sha256 TEXT, placed_as INTEGER, bytes INTEGER,\n"
     "  PRIMARY KEY(project_id, format, path)) STRICT, WITHOUT ROWID"},
    {"jpeg_endings",
     "CREATE TABLE jpeg_endings(\n"
     "  sha256 TEXT NOT NULL PRIMARY KEY, cut INTEGER) STRICT, WITHOUT ROWID"},
    // Syncs that were not of the whole mirror: no success of it, whatever they came to.
    {"narrow_syncs",
     "CREATE TABLE narrow_syncs(\n"
     "  sync_id INTEGER PRIMARY KEY, asked_for INTEGER NOT NULL) STRICT"},
    // Syncs that are partial for files alone: successes of the mirror.
    {"file_troubles", "CREATE TABLE file_troubles(sync_id INTEGER PRIMARY KEY) STRICT"},
    // One row: what tells this mirror from every other.
    {"identity", "CREATE TABLE identity(mirror_id TEXT NOT NULL) STRICT"},
};

// Every question that a view, the README or a parent's list asks is one of these, or one for the
// objects of a project: see index_sql().
constexpr const char* kIndexes = R"sql(
CREATE UNIQUE INDEX insights_key ON insights(project_id, run_id, ifnull(artifact_id, ''));
CREATE INDEX projects_by_name ON projects(name);
CREATE INDEX projects_by_workspace ON projects(workspace_id);
CREATE INDEX assets_by_filename ON assets(filename);
CREATE INDEX assets_by_status ON assets(project_id, status);
CREATE INDEX annotations_by_asset ON annotations(asset_id);
CREATE INDEX annotations_by_tag ON annotations(project_id, tag);
CREATE INDEX artifact_files_by_artifact ON artifact_files(artifact_id, project_id);
CREATE INDEX models_by_artifact ON models(artifact_id);
CREATE INDEX deployment_versions_by_deployment ON deployment_versions(deployment_id, project_id);
CREATE INDEX changes_by_sync ON changes(sync_id);
CREATE INDEX changes_by_time ON changes(at);
CREATE INDEX changes_by_project ON changes(project_id);
CREATE INDEX changes_by_entity ON changes(entity, entity_id);
CREATE INDEX changes_by_content_before ON changes(json_extract(before, '$.sha256'))
  WHERE entity = 'files';
CREATE INDEX changes_by_content_after ON changes(json_extract(after, '$.sha256'))
  WHERE entity = 'files';
CREATE INDEX files_by_content ON files(sha256, bytes);
CREATE INDEX files_by_entity ON files(entity_id, entity);
CREATE INDEX files_not_here ON files(status) WHERE status <> 'ok';
)sql";

std::string key_columns(const Table& table) {
  return text::joined(table.key, ", ", [](std::string_view column) { return std::string(column); });
}

// The indexes above, the keys of tables that are filled without one, and by project each table of
// objects whose key begins with their id, unless one above begins with the project.
std::string index_sql() {
  std::string sql = kIndexes;
  for (const Table* table : objects::all_tables()) {
    const std::string name(table->name);
    if (table->storage == Storage::bulk) {
      sql += "CREATE UNIQUE INDEX " + name + "_key ON " + name + "(" + key_columns(*table) + ");\n";
    }
    const bool by_id = !table->key.empty() && table->key[0] == table->id;
    if (!by_id || table->column("project_id") < 0) continue;
    if (sql.find(" ON " + name + "(project_id") != sql.npos) continue;
    sql += "CREATE INDEX " + name + "_by_project ON " + name + "(project_id);\n";
  }
  return sql;
}

std::string create_table_sql(const Table& table) {
  std::string sql = "CREATE TABLE " + std::string(table.name) + "(\n";
  const bool counter = table.storage == Storage::counter;
  for (const objects::Field& field : table.fields) {
    sql.append("  ").append(field.column).append(" ").append(objects::sql_type(field.kind));
    if (counter && field.column == table.key[0]) sql += " PRIMARY KEY AUTOINCREMENT";
    const bool of_key =
        std::find(table.key.begin(), table.key.end(), field.column) != table.key.end();
    if (table.storage == Storage::bulk && of_key) sql += " NOT NULL";
    sql += ",\n";
  }
  if (table.has_extra) sql += "  extra TEXT,\n";
  const bool own_index = counter || table.storage == Storage::bulk || !table.nullable_key.empty();
  if (!own_index && !table.key.empty()) sql += "  PRIMARY KEY(" + key_columns(table) + "),\n";
  sql.erase(sql.size() - 2);
  return sql + (table.storage == Storage::key ? ") STRICT, WITHOUT ROWID" : ") STRICT");
}

}  // namespace

std::vector<TableSql> all_table_sql() {
  std::vector<TableSql> tables;
  for (const Table* table : objects::all_tables()) {
    tables.push_back({std::string(table->name), create_table_sql(*table)});
  }
  tables.insert(tables.end(), std::begin(kOwnTables), std::end(kOwnTables));
  return tables;
}

std::vector<IndexSql> all_index_sql() {
  std::vector<IndexSql> indexes;
  std::istringstream lines(index_sql());
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kBefore = "INDEX ", kOn = " ON ";
    const std::size_t name = line.find(kBefore), on = line.find(kOn);
    if (name == line.npos) continue;
    const std::size_t begin = name + kBefore.size(), table = on + kOn.size();
    indexes.push_back(
        {line.substr(begin, on - begin), line.substr(table, line.find('(', table) - table), line});
  }
  return indexes;
}

std::vector<std::vector<std::string>> index_columns(const Table& table) {
  std::vector<std::vector<std::string>> indexes;
  const bool own_key = table.storage == Storage::rowid && table.nullable_key.empty();
  if (own_key && !table.key.empty()) indexes.emplace_back(table.key.begin(), table.key.end());
  for (const IndexSql& index : all_index_sql()) {
    if (index.table != table.name || index.sql.find(" WHERE ") != index.sql.npos) continue;
    const std::size_t begin = index.sql.find('(') + 1;
    std::istringstream columns(index.sql.substr(begin, index.sql.rfind(')') - begin));
    std::vector<std::string>& names = indexes.emplace_back();
    for (std::string name; std::getline(columns >> std::ws, name, ',');) {
      if (table.column(name) < 0) break;
      names.push_back(name);
    }
    if (names.empty()) indexes.pop_back();
  }
  return indexes;
}

std::string index_and_view_sql() {
  std::string sql = index_sql();
  for (const Trigger& trigger : all_triggers()) sql += trigger.sql + ";\n";
  for (const View& view : all_views()) sql += create_view_sql(view);
  return sql;
}

}  // namespace nexus_mirror::store
