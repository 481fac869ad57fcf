#include "sync/configured.h"

#include <algorithm>

#include "text/match.h"

namespace nexus_mirror::sync {
namespace {

bool is_called(const WorkspaceConfig& workspace, const MirroredWorkspace& one) {
  return workspace.name == one.id || workspace.name == one.name;
}

}  // namespace

bool is_configured(const WorkspaceConfig& workspace, const std::string& project_id,
                   const std::string& project_name) {
  return text::matches(workspace.projects, project_id, project_name) &&
         !text::matches(workspace.exclude, project_id, project_name);
}

bool may_be(const WorkspaceConfig& workspace, const MirroredWorkspace& one,
            const std::vector<MirroredWorkspace>& mirrored) {
  return is_called(workspace, one) ||
         std::none_of(mirrored.begin(), mirrored.end(),
                      [&](const MirroredWorkspace& other) { return is_called(workspace, other); });
}

}  // namespace nexus_mirror::sync
