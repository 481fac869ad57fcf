#include "store/mirror_state.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "text/to_come.h"

namespace nexus_mirror::store {
namespace {

// Whether the sync in `syncs` was of the whole mirror, as a term of SQL; `unless` a narrow one is
// such that it counts all the same. Older mirrors do not say.
std::string is_whole(Database& database, const std::string& unless = "0") {
  const bool told =
      database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'narrow_syncs'") != 0;
  if (!told) return "1";
  return "NOT EXISTS (SELECT 1 FROM narrow_syncs WHERE sync_id = syncs.id AND NOT (" + unless +
         "))";
}

// Whether it brought the rows up to date, files or no files.
std::string is_success(Database& database) {
  const bool told =
      database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'file_troubles'") != 0;
  if (!told) return "result = 'ok'";
  return "(result = 'ok' OR EXISTS (SELECT 1 FROM file_troubles WHERE sync_id = syncs.id))";
}

}  // namespace

std::string mirror_id(Database& database) {
  Statement query = database.prepare("SELECT mirror_id FROM identity");
  return query.step() ? std::string(query.text(0)) : std::string();
}

std::string mirror_id_at(const MirrorFile& file, Use use) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file.path, error);
  if (error || size == 0) return {};
  Database database(file, use);
  const bool has_id =
      database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'identity'") != 0;
  return has_id ? mirror_id(database) : std::string();
}

std::optional<SyncRow> last_sync(Database& database) {
  Statement select = database.prepare(
      "SELECT id, started_at, finished_at, mode, result, requests, bytes_received, rows_inserted, "
      "rows_updated, rows_deleted, error, " +
      is_whole(database) + " FROM syncs ORDER BY id DESC LIMIT 1");
  if (!select.step()) return std::nullopt;
  SyncRow sync;
  sync.id = select.integer(0);
  sync.started_at = select.integer(1);
  sync.finished_at = select.optional_integer(2);
  sync.mode = select.text(3);
  // A word that nobody knows promises nothing.
  sync.result = objects::outcome_of(select.text(4)).value_or(objects::Outcome::failed);
  sync.requests = select.integer(5);
  sync.bytes_received = select.integer(6);
  sync.rows = {select.integer(7), select.integer(8), select.integer(9)};
  sync.error = select.text(10);
  sync.whole = select.integer(11) != 0;
  return sync;
}

LastSuccess last_success(Database& database, std::int64_t now) {
  Statement select = database.prepare(
      "SELECT id, started_at, max(started_at, ifnull(finished_at, started_at)), " +
      is_success(database) + " AND " + is_whole(database) + " FROM syncs ORDER BY id DESC");
  LastSuccess last;
  std::int64_t latest = now;  // nothing before this place can have ended later
  while (select.step()) {
    const std::int64_t ended = select.integer(2);
    const bool known = !text::is_to_come(ended, latest);
    if (!known && !last.doubtful) last.doubtful = select.integer(0);
    if (known && select.integer(3) != 0) {
      last.ended = ended;
      break;
    }
    latest = std::min(latest, select.integer(1));
  }
  return last;
}

std::optional<std::int64_t> last_full_success(Database& database) {
  Statement select = database.prepare(
      "SELECT started_at FROM syncs WHERE " + is_success(database) + " AND mode = 'full' AND " +
      is_whole(database, "NOT asked_for") + " ORDER BY id DESC LIMIT 1");
  if (!select.step()) return std::nullopt;
  return select.integer(0);
}

std::optional<std::int64_t> started_after(Database& database, std::int64_t sync_id) {
  Statement select =
      database.prepare("SELECT started_at FROM syncs WHERE id > ? ORDER BY id LIMIT 1");
  if (!select.bind(1, sync_id).step()) return std::nullopt;
  return select.integer(0);
}

SyncsAround syncs_around(Database& database, std::int64_t sync_id) {
  const auto ended = [&](std::string_view which) -> std::optional<EndedSync> {
    Statement select =
        database.prepare("SELECT id, finished_at FROM syncs WHERE finished_at IS NOT NULL AND id " +
                         std::string(which) + " LIMIT 1");
    if (!select.bind(1, sync_id).step()) return std::nullopt;
    return EndedSync{select.integer(0), select.integer(1)};
  };
  SyncsAround around{false, ended("= ?1"), ended("< ?1 ORDER BY id DESC"),
                     ended("> ?1 ORDER BY id")};
  Statement exists = database.prepare("SELECT 1 FROM syncs WHERE id = ?1");
  around.exists = exists.bind(1, sync_id).step();
  return around;
}

std::int64_t unfinished_syncs(Database& database) {
  return database.number("SELECT count(*) FROM syncs WHERE result = 'running'");
}

std::vector<ProjectCounts> count_projects(Database& database) {
  Statement select = database.prepare(
      "SELECT p.id, p.name, p.workspace_id, w.name, (SELECT count(*) FROM assets WHERE project_id "
      "= p.id), "
      "(SELECT count(*) FROM annotations WHERE project_id = p.id), "
      "(SELECT count(*) FROM runs WHERE project_id = p.id), "
      "(SELECT count(*) FROM artifacts WHERE project_id = p.id), "
      "(SELECT count(*) FROM models WHERE project_id = p.id), p.removed_at "
      "FROM projects AS p LEFT JOIN workspaces AS w ON w.id = p.workspace_id "
      "ORDER BY p.name, p.id");
  std::vector<ProjectCounts> projects;
  while (select.step()) {
    projects.push_back({std::string(select.text(0)), std::string(select.text(1)),
                        std::string(select.text(2)), std::string(select.text(3)), select.integer(4),
                        select.integer(5), select.integer(6), select.integer(7), select.integer(8),
                        select.optional_integer(9), left_out_kinds(database, select.text(0))});
  }
  return projects;
}

std::vector<ExportedPath> exported_between(Database& database, std::int64_t after,
                                           std::int64_t up_to) {
  Statement select = database.prepare(
      "SELECT project_id, path, sync_id FROM exports WHERE sync_id > ? AND sync_id <= ? "
      "ORDER BY project_id, path");
  select.bind(1, after).bind(2, up_to);
  std::vector<ExportedPath> paths;
  while (select.step()) {
    paths.push_back({std::string(select.text(0)), std::string(select.text(1)), select.integer(2)});
  }
  return paths;
}

}  // namespace nexus_mirror::store
