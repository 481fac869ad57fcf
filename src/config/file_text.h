// Small files that a configuration is made of.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace nexus_mirror::config {

struct FileText {
  std::string text;
  bool others_can_read = false;  // group or others may read it
};

// Reads `path` whole. Throws std::system_error when it cannot be read, is a folder
// (EISDIR), or is larger than 1 MiB (EMSGSIZE).
FileText read_file(const std::filesystem::path& path);

// What to say about a std::system_error that read_file() threw.
std::string read_failure(const std::system_error& error);

}  // namespace nexus_mirror::config
