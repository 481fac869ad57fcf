// `nexus-mirror schema`: every table, view and column with its meaning.
#pragma once

#include <string>

#include "cli/row_writer.h"
#include "cli/session.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct SchemaOptions {
  std::string table;  // of this one only; empty = all
  RowFormat format = RowFormat::table;
};

// Needs neither a configuration nor a mirror. Throws Error(usage) for an unknown table.
ExitCode run_schema(const SchemaOptions& options, Session& session);

}  // namespace nexus_mirror::cli
