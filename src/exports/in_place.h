// Whether files are all in place, at the price of reading their folders: to ask for each of a
// million label files takes seconds of every sync, ten times what it takes to read their names.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace nexus_mirror::exports {

// Calls `take` with one path after the other, below a folder that both sides know, until it says
// false.
using ListPaths = std::function<void(const std::function<bool(std::string_view path)>& take)>;

// Whether folders between may be symbolic links.
enum class LinkedFolders {
  followed,
  refused,  // what lies behind one is somebody else's, and in no place
};

// Whether something lies at each path below `root`; `list` may be called twice. Where folders hold
// others than these as well, each path is asked for. Any thread; throws what `list` does.
bool are_in_place(const std::filesystem::path& root, const ListPaths& list,
                  LinkedFolders linked = LinkedFolders::followed);

}  // namespace nexus_mirror::exports
