// A moment of a sync as lines for a terminal.
#pragma once

#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/sync_progress.h"

namespace nexus_mirror::cli {

// A line for each project under way, active ones first, or for what is exported, and one for the
// whole: share, time left, how many of how many, pace. Never wider than the terminal, nor as high;
// of what has no room on the line of the whole the last goes first.
std::vector<std::string> progress_lines(const ProgressPicture& picture, const Terminal& terminal);

}  // namespace nexus_mirror::cli
