#include "cli/project_filter.h"

#include "cli/text.h"
#include "nexus_mirror/error.h"
#include "text/match.h"

namespace nexus_mirror::cli {

std::vector<std::string> matching_projects(store::Reader& reader,
                                           const std::vector<std::string>& patterns) {
  const auto projects = reader.rows("SELECT id, name FROM projects ORDER BY name, id");
  std::vector<std::string> ids;
  for (const std::string& pattern : patterns) {
    bool found = false;
    for (const store::Row& project : projects) {
      const std::string id = format_value(project.at(0));
      if (!text::matches({pattern}, id, format_value(project.at(1)))) continue;
      found = true;
      ids.push_back(id);
    }
    if (!found) {
      throw Error(ErrorCode::usage, "looking for project", "'" + pattern + "'",
                  "the mirror has no project of that name, id or pattern",
                  "'nexus-mirror status' lists them");
    }
  }
  return ids;
}

}  // namespace nexus_mirror::cli
