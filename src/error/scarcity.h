// Out of memory, threads, descriptors or room on a disk: this machine's trouble, whatever was being
// done.
#pragma once

#include <string>

namespace nexus_mirror {

// Whether `error`, an errno, says that none was left.
bool is_scarcity(int error) noexcept;

// What to do about such an errno.
std::string scarcity_remedy(int error);

// Whether `error`, an errno, says that no room is left on the disk, or none for this user.
bool is_full_disk(int error) noexcept;

// What an errno of a file or folder means, in words.
std::string reason_of_errno(int error);

}  // namespace nexus_mirror
