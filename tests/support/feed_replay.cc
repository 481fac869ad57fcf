#include "support/feed_replay.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "store/database.h"
#include "support/past_replay.h"
#include "support/table_text.h"

namespace nexus_mirror::testing {
namespace {

using SQLite::Database;
using SQLite::Statement;

// What tells a row of a table apart, the project aside, and the lists inside it. By hand from the
// tables of CONTRACT.md 3.
struct List {
  const char *key, *table, *parent;
};
struct Entity {
  std::vector<const char*> key;
  const char* project;  // column; null for workspaces
  std::vector<List> lists;
  bool listed;
};

const std::map<std::string, Entity>& entities() {
  static const std::map<std::string, Entity> all = {
      {"workspaces", {{"id"}, nullptr, {}, false}},
      {"projects",
       {{"id"},
        "id",
        {{"tags", "project_tags", "project_id"}, {"groups", "project_groups", "project_id"}},
        false}},
      {"project_users", {{"id"}, "project_id", {}, true}},
      {"tags", {{"tag_index"}, "project_id", {}, true}},
      {"ontologies", {{"id"}, "project_id", {}, true}},
      {"assets", {{"id"}, "project_id", {{"groups", "asset_groups", "asset_id"}}, true}},
      {"annotations", {{"id"}, "project_id", {}, true}},
      {"sequences", {{"id"}, "project_id", {}, true}},
      {"workflows", {{"id"}, "project_id", {}, true}},
      {"runs", {{"id"}, "project_id", {}, true}},
      {"insights", {{"run_id", "artifact_id"}, "project_id", {}, true}},
      {"artifacts", {{"id"}, "project_id", {{"files", "artifact_files", "artifact_id"}}, true}},
      {"models", {{"id"}, "project_id", {}, true}},
      {"deployments",
       {{"id"},
        "project_id",
        {{"history_versions", "deployment_versions", "deployment_id"}},
        true}},
      {"operations", {{"id"}, "project_id", {}, false}},
  };
  return all;
}

bool is_link(const std::string& table, const std::string& column) {
  return (table == "assets" && column == "url") || column == "download_url";
}
bool is_expiry(const std::string& column) {
  return column == "url_expiry" || column == "download_expiry";
}

std::vector<std::string> columns_of(Database& database, const std::string& table) {
  Statement select(database, "SELECT name FROM pragma_table_info(?) ORDER BY cid");
  select.bind(1, table);
  std::vector<std::string> columns;
  while (select.executeStep()) columns.push_back(select.getColumn(0).getString());
  return columns;
}

std::string dump(Database& database, const std::string& table, const std::string& where) {
  std::string values;
  for (const std::string& column : columns_of(database, table)) {
    if (is_expiry(column)) continue;
    values += values.empty() ? "" : ", ";
    if (is_link(table, column)) {
      values += "CASE instr(" + column + ", '?') WHEN 0 THEN " + column + " ELSE substr(" + column +
                ", 1, instr(" + column + ", '?') - 1) END";
    } else {
      values += column;
    }
  }
  return table_text(database.getHandle(), table, "SELECT " + values + " FROM " + table + where,
                    Texts::up_to_nul);
}

// Rows of the project, of all projects without one, with the lists inside them.
void remove_kind(Database& database, const std::string& table, const std::string& project) {
  const Entity& entity = entities().at(table);
  for (const List& list : entity.lists) {
    Statement remove(database, std::string("DELETE FROM ") + list.table + " WHERE project_id = ?");
    remove.bind(1, project);
    remove.exec();
  }
  Statement remove(database, "DELETE FROM " + table + " WHERE project_id = ?");
  remove.bind(1, project);
  remove.exec();
}

// Projects that have rows of a kind that was never loaded, by its table.
using Unloaded = std::map<std::string, std::vector<std::string>>;

Unloaded unloaded(Database& database) {
  std::set<std::pair<std::string, std::string>> loaded;
  Statement loads(database, "SELECT entity, project_id FROM changes WHERE op = 'load'");
  while (loads.executeStep()) {
    loaded.emplace(loads.getColumn(0).getString(), loads.getColumn(1).getString());
  }
  Unloaded all;
  for (const auto& [table, entity] : entities()) {
    if (!entity.listed) continue;
    Statement projects(database, "SELECT DISTINCT project_id FROM " + table);
    while (projects.executeStep()) {
      const std::string project = projects.getColumn(0).getString();
      if (!loaded.contains({table, project})) all[table].push_back(project);
    }
  }
  return all;
}

// A copy in memory, without the rows of kinds that were never loaded.
std::unique_ptr<Database> copy_of(const std::filesystem::path& file) {
  Database source(file.string(), SQLite::OPEN_READONLY, 10000);
  auto copy = std::make_unique<Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup(*copy, source).executeStep();
  for (const auto& [table, projects] : unloaded(*copy)) {
    for (const std::string& project : projects) remove_kind(*copy, table, project);
  }
  return copy;
}

std::string quoted(const std::string& text) {
  std::string sql = "'";
  for (const char c : text) sql.append(c == '\'' ? 2 : 1, c);
  return sql + "'";
}

FeedReplay::Rows dump(Database& database, const Unloaded& left_out) {
  FeedReplay::Rows rows;
  for (const auto& [table, entity] : entities()) {
    std::string where;
    if (const auto out = left_out.find(table); out != left_out.end()) {
      for (const std::string& project : out->second) {
        where += (where.empty() ? " WHERE project_id NOT IN (" : ", ") + quoted(project);
      }
      where += ')';
    }
    rows[table] = dump(database, table, where);
    for (const List& list : entity.lists) rows[list.table] = dump(database, list.table, where);
  }
  return rows;
}

std::int64_t last_seq(Database& database) {
  return database.execAndGet("SELECT ifnull(max(seq), 0) FROM changes").getInt64();
}

// The value of a column in a JSON object, as the table holds it: what stands in a column of JSON is
// the JSON itself; a text in any other is a string.
std::string value_sql(const std::string& table, const std::string& column,
                      const std::string& json) {
  static const std::vector<std::string> kJson = {
      "assets.custom_metadata", "assets.tags_count",        "annotations.bound",
      "annotations.attributes", "ontologies.attributes",    "sequences.items",
      "sequences.attributes",   "runs.conditions",          "runs.log_ids",
      "artifacts.metric",       "artifacts.export_options", "deployments.options",
      "deployments.resources"};
  const bool is_json = column == "extra" ||
                       std::find(kJson.begin(), kJson.end(), table + "." + column) != kJson.end();
  const std::string path = "'$.\"" + column + "\"'";
  if (!is_json) return json + " ->> " + path;
  return "CASE " + json + " ->> " + path + " IS NULL WHEN 1 THEN NULL ELSE " + json + " -> " +
         path + " END";
}

// One row of `changes`, undone.
class Undo {
 public:
  Undo(Database& database, const Statement& row)
      : database_(database),
        table_(text(row, 0)),
        id_(text(row, 1)),
        project_(text(row, 2)),
        op_(text(row, 3)),
        before_(text(row, 4)),
        entity_(entities().at(table_)) {}

  void run() {
    if (op_ == "load") return remove_kind(database_, table_, project_);
    if (op_ == "insert" || op_ == "delete") remove();
    if (op_ == "delete") insert();
    if (op_ == "update") update();
  }

 private:
  static std::string text(const Statement& row, int column) {
    return const_cast<Statement&>(row).getColumn(column).getString();
  }

  // " WHERE ..." of the row, with the id and the project in it.
  std::string where() {
    std::string sql;
    std::string rest = id_;
    for (const char* column : entity_.key) {
      const std::size_t slash = entity_.key.size() > 1 ? rest.find('/') : std::string::npos;
      const std::string part = rest.substr(0, slash);
      const bool absent = rest.empty() && column != entity_.key.front();
      sql += (sql.empty() ? " WHERE " : " AND ") + std::string(column) +
             (absent ? " IS NULL" : " = " + quoted(part));
      rest = slash == std::string::npos ? "" : rest.substr(slash + 1);
    }
    if (entity_.project != nullptr && std::string(entity_.project) == "project_id") {
      sql += " AND project_id = " + quoted(project_);
    }
    return sql;
  }

  void remove() {
    for (const List& list : entity_.lists) remove_list(list);
    database_.exec("DELETE FROM " + table_ + where());
  }

  void remove_list(const List& list) {
    database_.exec(std::string("DELETE FROM ") + list.table + " WHERE " + list.parent + " = " +
                   quoted(id_) + " AND project_id = " + quoted(project_));
  }

  bool has(const std::string& key) {
    if (!keys_) {
      keys_.emplace();
      Statement select(database_, "SELECT key FROM json_each(?)");
      select.bind(1, before_);
      while (select.executeStep()) keys_->insert(select.getColumn(0).getString());
    }
    return keys_->contains(key);
  }

  void insert() {
    std::string names, values;
    for (const std::string& column : columns_of(database_, table_)) {
      if (!has(column)) continue;
      names += (names.empty() ? "" : ", ") + column;
      values += (values.empty() ? "" : ", ") + value_sql(table_, column, "?1");
    }
    Statement insert(database_, "INSERT INTO " + table_ + "(" + names + ") VALUES(" + values + ")");
    insert.bind(1, before_);
    insert.exec();
    insert_lists();
  }

  void update() {
    std::string sets;
    for (const std::string& column : columns_of(database_, table_)) {
      if (!has(column)) continue;
      sets += (sets.empty() ? "" : ", ") + column + " = " + value_sql(table_, column, "?1");
    }
    if (!sets.empty()) {
      Statement update(database_, "UPDATE " + table_ + " SET " + sets + where());
      update.bind(1, before_);
      if (update.exec() != 1) throw std::runtime_error("no row of " + table_ + " " + id_);
    }
    insert_lists();
  }

  // Those that `before` names, in place of what is there.
  void insert_lists() {
    for (const List& list : entity_.lists) {
      if (!has(list.key)) continue;
      remove_list(list);
      const bool by_project = std::string(list.parent) == "project_id";
      std::string names = list.parent, values = quoted(id_);
      if (!by_project) {
        names += ", project_id";
        values += ", " + quoted(project_);
      }
      for (const std::string& column : columns_of(database_, list.table)) {
        if (column == list.parent || column == "project_id") continue;
        names += ", " + column;
        const std::string item = value_sql(list.table, column, "item.value");
        values += ", ";
        values += column == "position" ? "item.key"
                  : column == "name"
                      ? "CASE item.type WHEN 'text' THEN item.value ELSE " + item + " END"
                      : "CASE item.type WHEN 'text' THEN NULL ELSE " + item + " END";
      }
      Statement insert(database_, std::string("INSERT INTO ") + list.table + "(" + names +
                                      ") SELECT " + values + " FROM json_each(?1, '$.\"" +
                                      list.key + "\"') item");
      insert.bind(1, before_);
      insert.exec();
    }
  }

  Database& database_;
  const std::string table_, id_, project_, op_, before_;
  std::optional<std::set<std::string>> keys_;  // of `before`
  const Entity& entity_;
};

void go_back(Database& database, std::int64_t seq) {
  Statement changes(database,
                    "SELECT entity, entity_id, project_id, op, before FROM changes "
                    "WHERE seq > ? AND entity <> 'files' ORDER BY seq DESC");  // no table of then
  changes.bind(1, seq);
  while (changes.executeStep()) Undo(database, changes).run();
}

// The first line that only one of the two has.
std::string first_difference(const std::string& was, const std::string& replayed) {
  std::size_t line = 0;
  for (std::size_t i = 0; i < std::min(was.size(), replayed.size()) && was[i] == replayed[i]; ++i) {
    if (was[i] == '\n') line = i + 1;
  }
  const auto at = [&](const std::string& text) {
    return text.substr(line, text.find('\n', line) - line);
  };
  return "it was\n  " + at(was) + "\nthe feed says\n  " + at(replayed);
}

}  // namespace

void FeedReplay::keep() {
  if (!std::filesystem::exists(database_) || std::filesystem::file_size(database_) == 0) return;
  try {
    Database mirror(database_.string(), SQLite::OPEN_READONLY, 10000);
    mirror.exec("BEGIN");  // one state, whoever writes meanwhile
    const Unloaded left_out = unloaded(mirror);
    kept_.push_back({last_seq(mirror), dump(mirror, left_out)});
    keep_for_past(mirror, left_out.empty(), kept_.back().rows);
  } catch (const std::exception& error) {
    trouble_ = std::string("the mirror cannot be read: ") + error.what();
  }
}

std::string FeedReplay::differences() const {
  if (kept_.empty() || !trouble_.empty()) return trouble_;
  try {
    std::string difference = go_back_to_all(*copy_of(database_));
    return difference.empty() ? past_differences() : difference;
  } catch (const std::exception& error) {
    return std::string("the mirror cannot be read: ") + error.what();
  }
}

std::string FeedReplay::past_differences() const {
  Database mirror(database_.string(), SQLite::OPEN_READONLY, 10000);
  // A test may have made it another program's.
  if (mirror.execAndGet("PRAGMA user_version").getInt() != store::latest_schema_version())
    return {};
  const std::int64_t oldest =
      mirror.execAndGet("SELECT ifnull(min(seq), 1) FROM changes").getInt64();
  for (const State& state : kept_) {
    if (state.seq < oldest - 1) continue;
    if (std::string difference = past_difference(database_, state.seq, state.rows);
        !difference.empty()) {
      return difference;
    }
  }
  return {};
}

// From the newest back, on one copy.
std::string FeedReplay::go_back_to_all(SQLite::Database& now) const {
  const auto number = [&](const char* sql) { return now.execAndGet(sql).getInt64(); };
  if (number("SELECT count(*) FROM changes WHERE NOT json_valid(ifnull(before, '{}')) "
             "OR NOT json_valid(ifnull(after, '{}'))") > 0) {
    return "a change is no JSON";
  }
  if (number("SELECT count(*) FROM loads l WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE "
             "c.op = 'load' AND c.entity = l.entity AND c.project_id = l.project_id)") > 0 &&
      number("SELECT ifnull(min(seq), 1) FROM changes") == 1) {
    return "a kind was loaded without a load row";
  }
  const std::int64_t oldest = number("SELECT ifnull(min(seq), 1) FROM changes");
  for (auto state = kept_.rbegin(); state != kept_.rend() && state->seq >= oldest - 1; ++state) {
    go_back(now, state->seq);
    Statement forget(now, "DELETE FROM changes WHERE seq > ?");
    forget.bind(1, state->seq);
    forget.exec();
    const Rows replayed = dump(now, {});
    for (const auto& [table, rows] : replayed) {
      const std::string& was = state->rows.at(table);
      if (rows == was) continue;
      return "after change " + std::to_string(state->seq) + " " + first_difference(was, rows);
    }
  }
  return {};
}

}  // namespace nexus_mirror::testing
