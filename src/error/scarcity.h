// Out of memory, threads or descriptors: this machine's trouble, whatever was being done.
#pragma once

#include <string>

namespace nexus_mirror {

// Whether `error`, an errno, says that none was left.
bool is_scarcity(int error) noexcept;

// What to do about such an errno.
std::string scarcity_remedy(int error);

}  // namespace nexus_mirror
