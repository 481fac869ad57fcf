// What a mirror that is lost has placed beside its annotation files. Nothing says so any more but
// the files themselves: each is content that is kept, and nobody may write to it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::exports {

// Paths below `folder`, `most` at most, of files that were placed and for which `is_known` is
// false: mode 0444, with the bytes of content in `content_dir`. Whatever is otherwise may be
// somebody's own. Symbolic links are not followed. Reads the files in question; `go_on` is called
// at each file and each MiB of one, and may throw. Throws Error(machine).
std::vector<std::string> placed_before(const std::filesystem::path& folder,
                                       const std::filesystem::path& content_dir, std::size_t most,
                                       const std::function<bool(std::string_view path)>& is_known,
                                       const std::function<void()>& go_on);

}  // namespace nexus_mirror::exports
