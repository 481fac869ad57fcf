// Whatever is thrown, as an Error.
#pragma once

#include <string>

#include "nexus_mirror/error.h"

namespace nexus_mirror {

// Inside a catch block: what is being handled. An Error as it is; anything else (out of memory, no
// thread left, an exception of a library) with `code`, `doing` and `subject` and the text that it
// carries as the reason. Want of memory, threads or descriptors is always Error(machine).
Error current_error(ErrorCode code, std::string doing, std::string subject);

}  // namespace nexus_mirror
