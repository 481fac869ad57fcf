// `nexus-mirror diff`: what became of the data sets between two moments.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"
#include "store/past/diff.h"
#include "text/json_writer.h"

namespace nexus_mirror::cli {

struct DiffOptions {
  std::string since, until;           // see read_as_of(); no `until` = now
  std::vector<std::string> projects;  // names, ids or globs; empty = all
  RowFormat format = RowFormat::table;
  bool rows = false;  // a row per object
};

// As JSON {since until projects[]}, ndjson a project a line, csv and table a row per class; with
// `rows` a row per object in each. Throws Error.
ExitCode run_diff(const DiffOptions& options, CommandContext& context);

// The value of a project in the JSON of `diff`.
void write_diff(const store::ProjectDiff& project, text::JsonWriter& json);

}  // namespace nexus_mirror::cli
