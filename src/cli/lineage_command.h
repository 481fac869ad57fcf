// `nexus-mirror lineage`: what a model, artifact, run or deployment came from, and the data that it
// was trained on.
#pragma once

#include <string>
#include <vector>

#include "cli/command_context.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::cli {

struct LineageOptions {
  std::string id;
  std::vector<std::string> projects;  // where two have the id
  bool json = false;
  std::string export_to;  // not empty = write the data set into this folder
};

// A tree for people, or JSON. Throws Error: usage for an id that never was, or that two projects
// have.
ExitCode run_lineage(const LineageOptions& options, CommandContext& context);

}  // namespace nexus_mirror::cli
