// Content under a name that people and loaders look for, without its bytes twice where the disk can
// do without (CONTRACT.md 8, "Exports take them along"). Never a symbolic link: loaders resolve it,
// and look for the labels beside what it leads to.
#pragma once

#include <filesystem>
#include <string_view>

namespace nexus_mirror::content {

// How it got there, in the order in which it is tried.
enum class PlacedBy {
  reflink,    // bytes shared until somebody writes, where the file system knows that
  hard_link,  // the content's own file under a second name
  copy,       // another file system or mount, too many links, a file of somebody else's
};

enum class Copies {
  as_needed,  // mode 0444: nobody is to write to what others share
  always,     // mode 0644, for a file that its readers mend where it lies
};

// Puts the content of this SHA-256, which is in `dir`, in the place of whatever is at `target`, at
// once: it is made as `beside`, on the same file system as `target`, where nothing is. After a
// failure `beside` is gone. Not flushed: it can be placed again. Any thread; one at a time per
// target. Throws Error(machine).
PlacedBy place_content(const std::filesystem::path& dir, std::string_view sha256,
                       const std::filesystem::path& target, const std::filesystem::path& beside,
                       Copies copies = Copies::as_needed);

}  // namespace nexus_mirror::content
