// What the mirror says of itself: its syncs and what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "objects/outcome.h"
#include "store/database.h"
#include "store/left_out.h"
#include "store/tables.h"

namespace nexus_mirror::store {

// A row of `syncs`. Times are UNIX milliseconds.
struct SyncRow {
  std::int64_t id = 0;
  std::int64_t started_at = 0;
  std::optional<std::int64_t> finished_at;  // none while it runs, or when it was killed
  std::string mode;
  objects::Outcome result = objects::Outcome::running;
  std::int64_t requests = 0, bytes_received = 0;
  RowCounts rows;
  std::string error;  // empty when there is none
  bool whole = true;  // it was of the whole mirror
};

// All throw as Database does.

// What tells this mirror from every other: 32 hexadecimal digits, given when it was made.
std::string mirror_id(Database& database);
// The same of a mirror that is not open; empty where there is none yet, or one that is too old to
// have an id.
std::string mirror_id_at(const MirrorFile& file, Use use = Use::query);
std::optional<SyncRow> last_sync(Database& database);

// The last sync that brought the whole mirror up to date (SyncRecord::whole), as of `now` (UNIX
// ms). The last is the newest by its id, for clocks may be wrong: a sync that is dated later than
// now, or than a sync behind it, ended nobody knows when, and the one before it is what is known.
struct LastSuccess {
  std::optional<std::int64_t> ended;     // nullopt = never, or nobody knows when
  std::optional<std::int64_t> doubtful;  // newest sync of which nobody knows when it was, if any
};
LastSuccess last_success(Database& database, std::int64_t now);
// Begin of the last full one, whenever its clock says; nullopt = never. A name in the configuration
// that no project has leaves it as full as it can be.
std::optional<std::int64_t> last_full_success(Database& database);
// Begin of the first sync after `sync_id`; nullopt = there is none.
std::optional<std::int64_t> started_after(Database& database, std::int64_t sync_id);

// Where a sync stands among those that ended.
struct EndedSync {
  std::int64_t id = 0, finished_at = 0;
};
struct SyncsAround {
  bool exists = false;                     // ended or not
  std::optional<EndedSync> ended;          // the sync itself
  std::optional<EndedSync> before, after;  // the nearest that ended
};
SyncsAround syncs_around(Database& database, std::int64_t sync_id);

// Syncs without an end: running now, or cut short.
std::int64_t unfinished_syncs(Database& database);

struct ProjectCounts {
  std::string id, name, workspace_id, workspace_name;
  std::int64_t assets = 0, annotations = 0, runs = 0, artifacts = 0, models = 0;
  std::optional<std::int64_t> removed_at;  // gone from the workspace since
  std::vector<LeftOutKind> left_out;       // kinds that are not read, by name
};

// By name, then id.
std::vector<ProjectCounts> count_projects(Database& database);

// Paths, below the export directory, of files that were exported after sync `after`, up to sync
// `up_to`.
struct ExportedPath {
  std::string project_id, path;
  std::int64_t sync_id = 0;
};
std::vector<ExportedPath> exported_between(Database& database, std::int64_t after,
                                           std::int64_t up_to);

}  // namespace nexus_mirror::store
