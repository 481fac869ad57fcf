// The files beside the configuration that a conversation with the server needs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "env/unit_file.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

// The units that the program comes with, the one that usually runs first.
inline constexpr const char* kServiceUnits[] = {"nexus-mirror.service",
                                                "nexus-mirror-sync.service"};

// Where a credential comes from.
struct CredentialSource {
  std::filesystem::path file;
  std::string unit = {};  // whose LoadCredential= names it; empty: $CREDENTIALS_DIRECTORY has it
};

// Where credential `name` is: where systemd has put it for this process, else the file that the
// LoadCredential= of one of kServiceUnits names, which root may read. nullopt where neither is
// known. Any thread.
std::optional<CredentialSource> find_credential(const std::string& name);

// The same of what a LoadCredential= of `unit` names.
std::optional<std::filesystem::path> credential_file(const env::UnitFile& unit,
                                                     const std::string& name);

// Keys, credentials and certificates of all workspaces, whether they are there or not.
std::vector<std::filesystem::path> secret_files(const Config& config);

}  // namespace nexus_mirror::config
