// The systemd service that runs a configuration, as its unit says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "env/unit_file.h"

namespace nexus_mirror::cli {

struct OwnService {
  std::optional<env::UnitFile> unit = {};  // of nexus-mirror.service; none = it is not installed
  bool ours = false;                       // it runs this configuration
  std::string user = {};                   // whom it runs as; empty where it does not say
};

// `config_file` need not exist.
OwnService find_own_service(const std::filesystem::path& config_file);

// The file that `unit` runs nexus-mirror with (--config of ExecStart=); empty where it names none.
std::filesystem::path config_of(const env::UnitFile& unit);

// The credential that the unit loads from a file of its own, and that file; nullopt without one.
struct UnitCredential {
  std::string name;
  std::filesystem::path file;
};
std::optional<UnitCredential> credential_of(const env::UnitFile& unit);

// Why the sandbox of `unit` lets nothing be written at `path`, as the rest of a sentence; empty
// where it lets it, as far as the unit says.
std::string sandbox_problem(const env::UnitFile& unit, const std::filesystem::path& path);

}  // namespace nexus_mirror::cli
