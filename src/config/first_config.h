// The configuration that `config init` writes: what somebody needs to begin, each setting with why
// it is there, and where to read of the others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

// What was chosen. Texts are valid UTF-8.
struct FirstChoices {
  // At most one of the key's places is set.
  WorkspaceConfig workspace;
  std::string database = "mirror.db";  // as it is to stand there
  std::string export_dir = "exports";
  unsigned mode = 0600;
};

// Where the mirror of a configuration at `file` (absolute) goes: the one of the whole machine for
// one below /etc, the user's data folder for one below ~/.config, else beside the file.
void choose_places(const std::filesystem::path& file, FirstChoices& choices);

// The file's text.
std::string first_config(const FirstChoices& choices);

// Why a configuration of these choices at `file` would not do, in one line; empty = it does. Like
// load_config(), it does not look at secrets.
std::string first_config_problem(const std::filesystem::path& file, const FirstChoices& choices);

}  // namespace nexus_mirror::config
