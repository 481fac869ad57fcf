// The end of a sync, for people.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/output.h"
#include "store/change_feed.h"
#include "sync/sync.h"

namespace nexus_mirror::cli {

// What a summary says beside the result.
struct SummaryFacts {
  bool dry_run = false;
  std::int64_t rows_before = 0;             // that a sync had brought which was cut short
  std::vector<store::KindChanges> changes;  // nothing of a dry run
  std::vector<std::string> troubles;        // each once, in the words of the log
  std::filesystem::path database, export_dir;
};

// What changed by project and kind, files, exports, how long it took, what needs a hand. As wide as
// the terminal of `out`. Throws as Output does.
void write_summary(const sync::SyncResult& result, const SummaryFacts& facts, Output& out);

}  // namespace nexus_mirror::cli
