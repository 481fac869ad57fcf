// The projects of the mirror that --project means.
#pragma once

#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::cli {

// The ids of the projects whose name or id is one of `patterns` or matches one as a shell pattern.
// Throws Error(usage) for a pattern that means no project of the mirror, so that a misspelt name
// does not look like an empty result.
std::vector<std::string> matching_projects(store::Database& mirror,
                                           const std::vector<std::string>& patterns);

}  // namespace nexus_mirror::cli
