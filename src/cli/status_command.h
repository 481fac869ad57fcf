// `nexus-mirror status`: how fresh the mirror is and what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "nexus_mirror/error.h"
#include "objects/outcome.h"
#include "store/reader.h"

namespace nexus_mirror::cli {

struct StatusOptions {
  bool json = false;
};

// A row of the table syncs. Times are UNIX milliseconds.
struct SyncRecord {
  std::int64_t id = 0;
  std::int64_t started_at = 0;
  std::optional<std::int64_t> finished_at;  // none while it runs, or when it was killed
  std::string mode;
  objects::Outcome result = objects::Outcome::running;
  std::int64_t requests = 0, bytes_received = 0;
  std::int64_t rows_inserted = 0, rows_updated = 0, rows_deleted = 0;
  std::string error;
};

struct ProjectCounts {
  std::string id, name;
  std::int64_t assets = 0, annotations = 0, runs = 0, artifacts = 0, models = 0;
  std::optional<std::int64_t> removed_at;  // gone from the workspace since
};

struct MirrorStatus {
  int schema_version = 0;
  std::optional<SyncRecord> last_sync;
  std::optional<std::int64_t> last_success_at;  // end of the last sync that was ok
  std::optional<std::int64_t> age_ms;           // since then, never negative
  bool stale = true;                            // older than stale_after, or no success at all
  std::optional<std::int64_t> next_run_at;      // by the schedule of the daemon
  std::vector<ProjectCounts> projects;          // by name
};

// Throws Error.
MirrorStatus read_status(store::Reader& reader, const SyncConfig& sync, std::int64_t now_ms);

// Returns partial when the mirror is stale. Throws Error.
ExitCode run_status(const StatusOptions& options, Session& session);

}  // namespace nexus_mirror::cli
