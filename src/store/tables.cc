#include "store/tables.h"

#include <algorithm>
#include <limits>

namespace nexus_mirror::store {

using objects::Cell;
using objects::RowBatch;
using objects::Table;

namespace {

std::string count_sql(const Table& table) {
  return "SELECT count(*) FROM " + std::string(table.name) + " WHERE " +
         std::string(table.project) + " = ?";
}

std::vector<KnownProject> read_projects(Statement& select, const std::string& workspace_id) {
  ResetGuard guard(select);
  select.bind(1, std::string_view(workspace_id));
  std::vector<KnownProject> projects;
  while (select.step()) {
    projects.push_back({std::string(select.text(0)), std::string(select.text(1))});
  }
  return projects;
}

}  // namespace

// A row is looked up and compared before anything is written, so that a page without a difference
// opens no transaction.
Tables::Comparison Tables::compare(const RowBatch& rows, SeenRows* seen,
                                   std::optional<std::size_t> kept) {
  Comparison found;
  TableWriter& table = session_.writer(rows.table());
  std::vector<std::size_t> changed;
  std::set<std::int64_t> to_change;  // a page may hold a row twice, and its last word counts
  const struct Scan {
    TableWriter& table;
    ~Scan() { table.leave(); }
  } scan{table};
  table.follow(seen != nullptr ? seen->latest() : 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int64_t rowid = seen != nullptr ? table.find_next(rows, i) : table.find(rows, i);
    if (rowid == 0) {
      ++found.counts.inserted;
      found.differing.push_back(i);
      continue;
    }
    if (seen != nullptr) seen->mark(rowid);
    const Difference row = difference(table, rows, i, kept, changed);
    if (row == Difference::update) ++found.counts.updated;
    if (row == Difference::none && !to_change.contains(rowid)) continue;
    to_change.insert(rowid);
    found.differing.push_back(i);
  }
  return found;
}

// Of the row that the writer found last.
Difference Tables::difference(TableWriter& table, const RowBatch& rows, std::size_t index,
                              std::optional<std::size_t> kept, std::vector<std::size_t>& changed) {
  const Difference found = table.compare(rows, index, session_.renew_before, changed);
  if (!kept || found != Difference::update) return found;
  std::erase(changed, rows.columns() + *kept);
  return changed.empty() ? Difference::none : found;
}

RowCounts Tables::write(const RowBatch& rows, SeenRows* seen, bool tell) {
  RowCounts counts;
  for (std::size_t i = 0; i < rows.size(); ++i) write_row(rows, i, seen, tell, counts);
  return counts;
}

RowCounts Tables::write(const RowBatch& rows, const std::vector<std::size_t>& differing,
                        SeenRows* seen, bool tell) {
  RowCounts counts;
  for (const std::size_t i : differing) write_row(rows, i, seen, tell, counts);
  return counts;
}

void Tables::write_row(const RowBatch& rows, std::size_t index, SeenRows* seen, bool tell,
                       RowCounts& counts, std::optional<std::size_t> kept) {
  TableWriter& table = session_.writer(rows.table());
  const SyncMoment moment{session_.sync_id, session_.now_ms};
  std::int64_t rowid = table.insert(rows, index);
  if (rowid != 0) {
    ++counts.inserted;
    if (tell) session_.changes().inserted(moment, rows, index);
    if (tell) note_pending(rows, index, nullptr);
  } else {
    rowid = table.find(rows, index);
    std::vector<std::size_t> changed;
    const Difference found = difference(table, rows, index, kept, changed);
    if (found == Difference::update) {
      ++counts.updated;
      if (tell) {
        session_.changes().updated(moment, table.current(), rows, index, changed);
      }
      note_pending(rows, index, &changed);
    }
    if (found != Difference::none) table.update(rows, index, rowid, changed);
  }
  if (seen != nullptr) seen->mark(rowid);
}

// A kind that comes in listings is told of from its `load` row on, which counts what was there.
bool Tables::tells(const RowBatch& rows, std::size_t index) {
  const Table& table = rows.table();
  if (table.logged != objects::Logged::rows) return false;
  if (!table.listed) return true;
  return loaded(std::string(rows.row(index)[table.at(table.project)].text()), table);
}

RowCounts Tables::put(const RowBatch& rows, std::optional<std::size_t> kept) {
  const Comparison found = compare(rows, nullptr, kept);
  if (found.differing.empty() || session_.dry_run()) return found.counts;
  Session::Transaction transaction(session_);
  RowCounts counts;
  for (const std::size_t i : found.differing) {
    write_row(rows, i, nullptr, tells(rows, i), counts, kept);
  }
  transaction.commit();
  return counts;
}

RowCounts Tables::renew_links(const RowBatch& models) {
  RowCounts counts;
  Session::Transaction transaction(session_);
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (set_link(models, i)) ++counts.updated;
  }
  transaction.commit();
  return counts;
}

// What else differs in `models` is left to the next sync: a row of another status has no link that
// would mean anything here.
bool Tables::set_link(const RowBatch& models, std::size_t index) {
  const Table& table = models.table();
  const std::size_t status = table.at("status"), method = table.at("download_method"),
                    link = table.at(table.link), expiry = table.at(table.link_expiry);
  TableWriter& writer = session_.writer(table);
  const Cell* offered = models.row(index);
  const std::int64_t rowid = offered[link].null() ? 0 : writer.find(models, index);
  if (rowid == 0 || !(writer.current().row(0)[status] == offered[status])) return false;
  RowBatch row(table);
  row.add_row();
  const Cell* stored = writer.current().row(0);
  for (std::size_t i = 0; i < row.columns(); ++i) {
    const bool renewed = i == method || i == link || i == expiry;
    const Cell& cell = renewed ? offered[i] : stored[i];
    row.last(i) = cell.type == Cell::Type::text ? row.text(cell.text()) : cell;
  }
  std::vector<std::size_t> changed;
  // Every link is renewed: whoever asks for this wants all the time there is.
  const Difference difference =
      writer.compare(row, 0, std::numeric_limits<std::int64_t>::max(), changed);
  if (difference == Difference::none) return false;
  if (difference == Difference::update && tells(row, 0)) {
    session_.changes().updated({session_.sync_id, session_.now_ms}, writer.current(), row, 0,
                               changed);
  }
  writer.update(row, 0, rowid, changed);
  return true;
}

void Tables::remove(const Table& table, const std::vector<std::int64_t>& rowids, bool tell,
                    const std::function<bool()>& go_on) {
  if (rowids.empty()) return;
  TableWriter& writer = session_.writer(table);
  for (const std::int64_t rowid : rowids) {
    if (go_on && !go_on()) {
      throw Error(ErrorCode::interrupted, "deleting", std::string(table.name), "asked to stop");
    }
    if (writer.load(rowid) == 0) continue;
    if (tell) session_.changes().deleted({session_.sync_id, session_.now_ms}, writer.current());
    writer.remove(rowid);
  }
}

// Remembers, in the asset's own transaction, that its annotations may differ: a quick sync that is
// killed right after has them still to fetch.
void Tables::note_pending(const RowBatch& rows, std::size_t index,
                          const std::vector<std::size_t>* changed) {
  const Table& table = rows.table();
  if (table.annotation_hints.empty()) return;
  if (changed != nullptr) {
    const auto hints = [&](std::size_t column) {
      return column < table.fields.size() &&
             std::find(table.annotation_hints.begin(), table.annotation_hints.end(),
                       table.fields[column].column) != table.annotation_hints.end();
    };
    if (std::none_of(changed->begin(), changed->end(), hints)) return;
  }
  const Cell* row = rows.row(index);
  session_.statement("INSERT OR IGNORE INTO pending_assets(project_id, asset_id) VALUES(?, ?)")
      .bind(1, row[table.at(table.project)])
      .bind(2, row[table.at(table.id)])
      .run();
}

bool Tables::loaded(const std::string& project_id, const Table& table) {
  Statement& select = session_.statement("SELECT 1 FROM loads WHERE project_id = ? AND entity = ?");
  ResetGuard guard(select);
  return select.bind(1, std::string_view(project_id)).bind(2, table.name).step();
}

std::int64_t Tables::count(const Table& table, const std::string& project_id) {
  session_.writer(table);  // with its indexes
  Statement select = session_.database().prepare(count_sql(table));
  select.bind(1, std::string_view(project_id)).step();
  return select.integer(0);
}

bool Tables::has_project(const std::string& project_id) {
  return session_.any("SELECT 1 FROM projects WHERE id = ?", project_id);
}

std::vector<KnownProject> Tables::live_projects(const std::string& workspace_id) {
  return read_projects(
      session_.statement("SELECT id, name FROM projects WHERE workspace_id = ? AND removed_at IS "
                         "NULL ORDER BY id"),
      workspace_id);
}

std::vector<KnownProject> Tables::all_projects(const std::string& workspace_id) {
  return read_projects(
      session_.statement("SELECT id, name FROM projects WHERE workspace_id = ? ORDER BY id"),
      workspace_id);
}

std::set<std::string, std::less<>> Tables::project_ids() {
  Statement& select = session_.statement("SELECT id FROM projects");
  ResetGuard guard(select);
  std::set<std::string, std::less<>> ids;
  while (select.step()) ids.emplace(select.text(0));
  return ids;
}

void Tables::mark_removed(const std::string& project_id) {
  if (session_.dry_run()) return;
  const Table& table = objects::projects;
  const std::size_t removed_at = table.at("removed_at");
  RowBatch key(table);
  key.add_row();
  key.last(table.at(table.id)) = key.text(project_id);
  Session::Transaction transaction(session_);
  TableWriter& writer = session_.writer(table);
  if (writer.find(key, 0) == 0) return;
  key.last(removed_at) = Cell::of(session_.now_ms);
  session_.changes().updated({session_.sync_id, session_.now_ms}, writer.current(), key, 0,
                             {removed_at});
  session_.statement("UPDATE projects SET removed_at = ? WHERE id = ?")
      .bind(1, session_.now_ms)
      .bind(2, std::string_view(project_id))
      .run();
  transaction.commit();
}

std::vector<std::string> Tables::open_operations(const std::string& project_id) {
  Statement& select = session_.statement(
      "SELECT id FROM operations WHERE project_id = ? AND ifnull(status_overview, '') NOT IN "
      "('Finished', 'Cancelled', 'Errored') ORDER BY id");
  ResetGuard guard(select);
  select.bind(1, std::string_view(project_id));
  std::vector<std::string> ids;
  while (select.step()) ids.emplace_back(select.text(0));
  return ids;
}

}  // namespace nexus_mirror::store
