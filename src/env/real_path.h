// Where a path leads.
#pragma once

#include <filesystem>

namespace nexus_mirror::env {

// The one absolute path of the file that `path` leads to, over links of folders and of the file
// itself, as SQLite opens it: a link whose target is missing leads to that. `path` itself where it
// leads nowhere: links in a circle, folders that may not be looked into. Hard links of a file are
// paths of their own; nothing tells which of them is the first. Throws nothing but bad_alloc.
std::filesystem::path real_path(const std::filesystem::path& path);

}  // namespace nexus_mirror::env
