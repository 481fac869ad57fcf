// `nexus-mirror changes`: what the syncs changed, oldest first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct ChangesOptions {
  std::string since;  // see read_moment(); empty = from the beginning
  std::vector<std::string> entities;
  std::vector<std::string> projects;
  RowFormat format = RowFormat::table;
  std::int64_t limit = 0;  // the newest so many; 0 = all
  bool stat = false;       // how many of what, in place of each
};

// In csv, json and ndjson the columns are seq at sync_id entity entity_id project_id project op
// before after; a table shows `before` and `after` as one summary. With `stat` they are project_id
// project_name entity op column before after count. Throws Error.
ExitCode run_changes(const ChangesOptions& options, CommandContext& context);

// A change in a few words: "update status: Review -> Completed", "insert cat.jpg", "load 42 rows".
// `before` and `after` are the row's JSON, empty for none.
std::string summarize_change(std::string_view op, std::string_view before, std::string_view after);

}  // namespace nexus_mirror::cli
