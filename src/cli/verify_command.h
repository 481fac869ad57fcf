// `nexus-mirror verify`: is the mirror whole, and does the server count the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/row_writer.h"
#include "nexus_mirror/error.h"
#include "store/database.h"

namespace nexus_mirror::cli {

struct VerifyOptions {
  bool remote = false;
  RowFormat format = RowFormat::table;
};

// One line of the report.
struct Finding {
  enum class Verdict { ok, note, difference, damage } verdict = Verdict::ok;
  std::string check;
  std::string detail;
};

// SQLite's own integrity check, then ours: rows without the row that they belong to, JSON columns
// that hold no JSON, syncs without an end. Stops after damage, since nothing below it can be
// trusted. Throws Error.
std::vector<Finding> verify_mirror(store::Database& mirror);

// Prints a report. Returns machine for damage, partial for differences. Throws Error.
ExitCode run_verify(const VerifyOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
