// Names inside an archive as places below the folder that it is unpacked into.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::exports {

// The components of `name` below the folder; empty means the folder itself ("./"). `reason` says
// why the name is refused, and is empty when it is fine: absolute, with "..", a drive letter (also
// with backslashes for slashes, as some programs write them), control characters, or too long.
struct EntryPath {
  std::vector<std::string> components;
  std::string_view reason;
};
EntryPath entry_path(std::string_view name);

}  // namespace nexus_mirror::exports
