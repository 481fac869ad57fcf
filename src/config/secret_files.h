// The files beside the configuration that a conversation with the server needs.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

// Where the workspace's secret_credential is; nullopt without one, or where systemd gives none.
std::optional<std::filesystem::path> credential_file(const WorkspaceConfig& workspace);

// Keys, credentials and certificates of all workspaces, whether they are there or not.
std::vector<std::filesystem::path> secret_files(const Config& config);

}  // namespace nexus_mirror::config
