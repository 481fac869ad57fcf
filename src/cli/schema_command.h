// `nexus-mirror schema`: every table, view and column with its meaning.
#pragma once

#include <string>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct SchemaOptions {
  std::string table;  // of this one only; empty = all
  RowFormat format = RowFormat::table;
};

// Needs neither a configuration nor a mirror. Throws Error(usage) for an unknown table.
ExitCode run_schema(const SchemaOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
