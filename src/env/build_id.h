// Which build of the program runs.
#pragma once

#include <string>

namespace nexus_mirror {

// The bytes of the ELF note that the linker makes of all that it links (--build-id): two builds
// that differ in anything have two. Empty where there is none. Any thread.
const std::string& build_id();

}  // namespace nexus_mirror
