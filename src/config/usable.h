// Whether what a configuration names can be used by this process, with the rights that it has now.
// Messages are parts of a sentence; nothing is written. Any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::config {

// access(2) with the effective user's rights.
bool may(const std::filesystem::path& path, int what);

// Why no file can be made in `folder`, which need not be there yet: " cannot be written to by this
// user" and the like, to follow its name; empty = one can.
std::string folder_problem(const std::filesystem::path& folder);

// Why `program`, the first word of a command, cannot be run; empty = it can.
std::string program_problem(const std::string& program);

// Exports, the mirror and what is kept: none of them may lie among the files of another, which
// would be written over, or taken for what somebody left.
struct Overlap {
  std::string_view section, key;  // the setting to change
  std::string message;
};
std::vector<Overlap> overlaps(const Config& config);

}  // namespace nexus_mirror::config
