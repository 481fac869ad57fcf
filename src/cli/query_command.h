// `nexus-mirror query`: anybody's SQL on the mirror, read-only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"
#include "store/reader.h"

namespace nexus_mirror::cli {

struct QueryOptions {
  std::string sql;  // "-" = read it from standard input
  RowFormat format = RowFormat::table;
  std::vector<std::string> parameters;  // "NAME=VALUE"
  bool times = false;                   // columns that are named as times show them
  std::string at;                       // empty = as it is now
};

// Throws Error.
ExitCode run_query(const QueryOptions& options, CommandContext& context);

// "NAME=VALUE" ... as what to bind. A value that is a number as the program itself would write it
// ("12", "-0.5") is a number, so that comparing it with a TEXT column works too ("007" and "1e3"
// stay text). Throws Error(usage) for one without a name, and for a name given twice.
store::Parameters parse_parameters(const std::vector<std::string>& texts);

}  // namespace nexus_mirror::cli
