// `nexus-mirror status`: how fresh the mirror is and what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_context.h"
#include "daemon/plan.h"
#include "nexus_mirror/error.h"
#include "store/hook_troubles.h"
#include "store/kept_files.h"
#include "store/mirror_state.h"
#include "store/past/as_of.h"
#include "store/wal_state.h"

namespace nexus_mirror::cli {

struct StatusOptions {
  bool json = false;
};

struct MirrorStatus {
  int schema_version = 0;
  std::optional<store::SyncRow> last_sync;
  std::optional<std::int64_t> last_success_at;  // store::last_success()
  std::optional<std::int64_t> age_ms;           // since then, never negative
  bool stale = true;                            // older than stale_after, or no success at all
  std::optional<std::int64_t> doubtful_sync;    // LastSuccess::doubtful
  std::vector<store::ProjectCounts> projects;   // by name
  std::vector<store::HookTrouble> hooks;        // of those that are configured
  bool runs = false;                            // a sync; set by who reads the status, as are
  store::WalState wal;                          // this and the next
  daemon::Plan plan;
  store::FileCounts files;      // that are kept or wanted here
  store::HistoryReach history;  // since when the past can be asked for
};

// Throws Error.
MirrorStatus read_status(store::Database& mirror, const Config& config, std::int64_t now_ms);

// Returns partial when the mirror is stale. Throws Error.
ExitCode run_status(const StatusOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
