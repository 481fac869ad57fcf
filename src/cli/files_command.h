// `nexus-mirror files`: images and models that are kept here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct FilesOptions {
  std::vector<std::string> projects;
  bool missing = false;
  RowFormat format = RowFormat::table;
};
struct FilesVerifyOptions {
  std::int64_t percent = 100;  // 1..100
  bool json = false;
};
struct FilesGcOptions {
  bool dry_run = false;
  bool json = false;
};

// The columns of the listing (CONTRACT.md 8).
std::vector<std::string> file_columns();

// Lists files that are kept or wanted. Throws Error.
ExitCode run_files(const FilesOptions& options, CommandContext& context);

// Reads and hashes content. Damaged content is told, taken away and becomes missing: `partial`.
// Throws Error: machine; interrupted.
ExitCode run_files_verify(const FilesVerifyOptions& options, CommandContext& context);

// Removes content that nothing refers to, and says how much. Throws Error: machine, busy.
ExitCode run_files_gc(const FilesGcOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
