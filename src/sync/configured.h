// Which projects the configuration names.
#pragma once

#include <string>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::sync {

// Whether [[workspace]] `projects` and `exclude` mean this project of the workspace.
bool is_configured(const WorkspaceConfig& workspace, const std::string& project_id,
                   const std::string& project_name);

// What the mirror knows of a project whose workspace it has, too.
struct MirroredWorkspace {
  std::string id, name;
};

// Whether a [[workspace]] may be this one: it has its name or id, or a name of the user's own, as
// none of `mirrored` has it: which workspace its key opens only the server knows.
bool may_be(const WorkspaceConfig& workspace, const MirroredWorkspace& one,
            const std::vector<MirroredWorkspace>& mirrored);

}  // namespace nexus_mirror::sync
