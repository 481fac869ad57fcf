#include "cli/project_filter.h"

#include "nexus_mirror/error.h"
#include "store/project_row.h"
#include "sync/unmatched.h"
#include "text/match.h"

namespace nexus_mirror::cli {

std::vector<std::string> matching_projects(store::Database& mirror,
                                           const std::vector<std::string>& patterns) {
  const auto projects = store::all_projects(mirror);
  std::vector<std::string> ids;
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (const store::KnownProject& project : projects) {
      if (!text::matches({pattern}, project.id, project.name)) continue;
      found = true;
      ids.push_back(project.id);
    }
    if (!found) {
      throw Error(
          ErrorCode::usage, "looking for project", "'" + pattern + "'",
          "the mirror has no project of that name, id or pattern",
          sync::did_you_mean_project(pattern, projects, "'nexus-mirror status' lists them"));
    }
  }
  return ids;
}

}  // namespace nexus_mirror::cli
