#include "store/change_feed.h"

#include "text/json.h"

namespace nexus_mirror::store {
namespace {

Change read_change(const Statement& row) {
  Change change;
  change.seq = row.integer(0);
  change.sync_id = row.optional_integer(1);
  change.at = row.integer(2);
  change.entity = row.text(3);
  change.entity_id = row.optional_text(4);
  change.project_id = row.optional_text(5);
  change.op = row.text(6);
  change.before = row.optional_text(7);
  change.after = row.optional_text(8);
  return change;
}

// ?1 is a seq, ?2 a sync, ?3 a time, ?4 and ?5 are JSON lists, ?6 is one project, ?7 a seq,
// ?8 the time of now.
std::string select_sql(const ChangeFilter& filter) {
  std::string sql =
      "SELECT seq, sync_id, at, entity, entity_id, project_id, op, before, after FROM changes "
      "WHERE seq > ?1";
  if (filter.after_sync) {
    // Syncs grow with seq, so what came after one is behind its last change. A job that was asked
    // for between syncs belongs to none, and has its place by time.
    sql +=
        " AND seq > ifnull((SELECT max(seq) FROM changes WHERE sync_id = "
        "(SELECT max(sync_id) FROM changes WHERE sync_id <= ?2)), 0)"
        " AND (sync_id IS NOT NULL OR at > "
        "(SELECT started_at FROM syncs WHERE id >= ?2 ORDER BY id LIMIT 1))";
  }
  if (filter.after_ms) {
    sql +=
        " AND seq > ifnull((SELECT max(seq) FROM changes WHERE at <= ?3 AND seq < ifnull("
        "(SELECT min(seq) FROM changes WHERE at > ?3 AND at <= ?8), 9223372036854775807)), 0)";
  }
  if (filter.up_to) sql += " AND seq <= ?7";
  if (!filter.entities.empty()) sql += " AND entity IN (SELECT value FROM json_each(?4))";
  if (filter.project_ids.size() == 1) {
    sql += " AND project_id = ?6";
  } else if (!filter.project_ids.empty()) {
    sql += " AND project_id IN (SELECT value FROM json_each(?5))";
  }
  return sql;
}

// What is bound must outlive the statement's run.
struct Lists {
  explicit Lists(const ChangeFilter& filter)
      : entities(text::json_array(filter.entities)),
        projects(text::json_array(filter.project_ids)) {}
  const std::string entities, projects;
};

void bind_filter(Statement& select, std::int64_t seq, const ChangeFilter& filter,
                 const Lists& lists) {
  select.bind(1, seq);
  if (filter.after_sync) select.bind(2, *filter.after_sync);
  if (filter.after_ms) select.bind(3, *filter.after_ms).bind(8, filter.now_ms);
  if (filter.up_to) select.bind(7, *filter.up_to);
  if (!filter.entities.empty()) select.bind(4, std::string_view(lists.entities));
  if (filter.project_ids.size() == 1) {
    select.bind(6, std::string_view(filter.project_ids.front()));
  } else if (!filter.project_ids.empty()) {
    select.bind(5, std::string_view(lists.projects));
  }
}

// A mirror of an early version, which is read as it is, has no consumers.
std::optional<std::int64_t> pruned_up_to(Database& database) {
  const std::int64_t known = database.number(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'consumers'");
  if (known == 0) return std::nullopt;
  const auto pruned = ChangeFeed(database).positions(kPruned);
  if (pruned.empty()) return std::nullopt;
  return pruned.begin()->second.seq;
}

}  // namespace

std::vector<Change> ChangeFeed::since(std::int64_t seq, std::int64_t most,
                                      const ChangeFilter& filter) {
  const Lists lists(filter);
  Statement select =
      database_.prepare(select_sql(filter) + " ORDER BY seq LIMIT " + std::to_string(most));
  bind_filter(select, seq, filter, lists);
  std::vector<Change> changes;
  while (select.step()) changes.push_back(read_change(select));
  return changes;
}

void ChangeFeed::for_each(const ChangeFilter& filter, std::int64_t last,
                          const std::function<void(const Change&)>& take) {
  const Lists lists(filter);
  std::string sql = select_sql(filter);
  if (last > 0) {
    sql = "SELECT * FROM (" + sql + " ORDER BY seq DESC LIMIT " + std::to_string(last) + ")";
  }
  Statement select = database_.prepare(sql + " ORDER BY seq");
  bind_filter(select, 0, filter, lists);
  while (select.step()) take(read_change(select));
}

std::int64_t ChangeFeed::newest() {
  return database_.number(
      "SELECT max(ifnull((SELECT max(seq) FROM changes), 0), "
      "ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0))");
}

bool ChangeFeed::reaches_back_to(std::int64_t seq) {
  if (const auto pruned = pruned_up_to(database_)) return seq >= *pruned;
  const std::int64_t oldest = database_.number("SELECT min(seq) FROM changes");
  return oldest == 0 ? seq >= newest() : seq >= oldest - 1;
}

bool ChangeFeed::names_content(const std::string& sha256,
                               const std::vector<std::string>& project_ids) {
  const std::string projects = text::json_array(project_ids);
  Statement select = database_.prepare(
      "SELECT 1 FROM changes WHERE entity = 'files' AND json_extract(before, '$.sha256') = ?1 "
      "AND +project_id IN (SELECT value FROM json_each(?2)) "
      "UNION ALL "
      "SELECT 1 FROM changes WHERE entity = 'files' AND json_extract(after, '$.sha256') = ?1 "
      "AND +project_id IN (SELECT value FROM json_each(?2)) LIMIT 1");
  return select.bind(1, std::string_view(sha256)).bind(2, std::string_view(projects)).step();
}

std::int64_t ChangeFeed::end_of_sync(std::int64_t sync_id) {
  Statement next = database_.prepare(
      "SELECT min(seq) FROM changes WHERE sync_id = "
      "(SELECT min(sync_id) FROM changes WHERE sync_id > ?)");
  next.bind(1, sync_id);
  return next.step() && !next.null(0) ? next.integer(0) - 1 : newest();
}

std::int64_t ChangeFeed::count(std::int64_t seq, std::int64_t up_to,
                               const std::string& project_id) {
  Statement select = database_.prepare(
      "SELECT count(*) FROM changes WHERE project_id = ? AND seq > ? AND seq <= ?");
  select.bind(1, std::string_view(project_id)).bind(2, seq).bind(3, up_to).step();
  return select.integer(0);
}

std::set<std::string> ChangeFeed::tables_changed(std::int64_t seq, const std::string& project_id) {
  Statement select = database_.prepare(
      "SELECT DISTINCT entity FROM changes WHERE project_id = ?1 AND seq > ?2 "
      "UNION SELECT entity FROM changes WHERE project_id IS NULL AND seq > ?2 "
      "AND entity = 'workspaces' AND entity_id = (SELECT workspace_id FROM projects WHERE id = "
      "?1)");
  select.bind(1, std::string_view(project_id)).bind(2, seq);
  std::set<std::string> tables;
  while (select.step()) tables.emplace(select.text(0));
  return tables;
}

std::vector<TableChanges> ChangeFeed::of_sync(std::int64_t sync_id) {
  Statement select = database_.prepare(
      "SELECT entity, CASE op WHEN 'load' THEN 'insert' ELSE op END AS operation, "
      "sum(CASE op WHEN 'load' THEN after ->> '$.rows' ELSE 1 END) "
      "FROM changes WHERE sync_id = ? GROUP BY entity, operation");
  select.bind(1, sync_id);
  std::vector<TableChanges> tables;
  while (select.step()) {
    tables.push_back({std::string(select.text(0)), std::string(select.text(1)), select.integer(2)});
  }
  return tables;
}

std::vector<KindChanges> ChangeFeed::kinds_of_sync(std::int64_t sync_id) {
  Statement select = database_.prepare(
      "SELECT ifnull(c.project_id, ''), coalesce(p.name, c.project_id, ''), c.entity, c.inserted, "
      "c.updated, c.deleted FROM (SELECT project_id, entity, "
      "sum(CASE op WHEN 'load' THEN after ->> '$.rows' WHEN 'insert' THEN 1 ELSE 0 END) "
      "AS inserted, sum(op = 'update') AS updated, sum(op = 'delete') AS deleted "
      "FROM changes WHERE sync_id = ? GROUP BY project_id, entity) c "
      "LEFT JOIN projects p ON p.id = c.project_id "
      "WHERE c.inserted + c.updated + c.deleted > 0 ORDER BY 2, 1, 3");
  select.bind(1, sync_id);
  std::vector<KindChanges> kinds;
  while (select.step()) {
    kinds.push_back({std::string(select.text(0)), std::string(select.text(1)),
                     std::string(select.text(2)), select.integer(3), select.integer(4),
                     select.integer(5)});
  }
  return kinds;
}

std::map<std::string, Position> ChangeFeed::positions(std::string_view consumer) {
  Statement select =
      database_.prepare("SELECT project_id, seq, sync_id FROM consumers WHERE name = ?");
  select.bind(1, consumer);
  std::map<std::string, Position> positions;
  while (select.step()) {
    positions[std::string(select.text(0))] = {select.integer(1), select.integer(2)};
  }
  return positions;
}

std::map<std::string, Position> ChangeFeed::unread(std::string_view consumer, std::int64_t up_to) {
  const std::map<std::string, Position> read = positions(consumer);
  const auto all = read.find("");
  const Position from = all == read.end() ? Position() : all->second;
  Statement select = database_.prepare(
      "SELECT project_id, max(seq) FROM changes WHERE +project_id IS NOT NULL AND seq > ? "
      "AND seq <= ? GROUP BY +project_id");
  select.bind(1, from.seq).bind(2, up_to);
  std::map<std::string, Position> unread;
  while (select.step()) {
    const std::string project(select.text(0));
    const auto own = read.find(project);
    const Position& position = own == read.end() ? from : own->second;
    if (select.integer(1) > position.seq) unread[project] = position;
  }
  return unread;
}

}  // namespace nexus_mirror::store
