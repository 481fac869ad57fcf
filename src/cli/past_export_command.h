// `nexus-mirror export --at`: the exports of a moment of the past, into a folder of their own.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "exports/exports.h"
#include "nexus_mirror/error.h"
#include "store/past/as_of.h"

namespace nexus_mirror::cli {

struct PastExportOptions {
  std::string to;                     // the folder
  std::vector<std::string> projects;  // names, ids or globs of then; empty = all
  std::vector<std::string> formats;   // empty = those configured
};

// Reads the mirror alone, without its lock. Throws Error.
ExitCode run_past_export(const Config& config, const store::AsOf& as_of,
                         const PastExportOptions& options, CommandContext& context);

// Tells what failed, and which of the `formats` that were asked for suit none of so many projects.
ExitCode tell_report(const exports::ExportReport& report, const std::vector<std::string>& formats,
                     std::size_t projects, CommandContext& context);

}  // namespace nexus_mirror::cli
