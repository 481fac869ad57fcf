// The older spelling of the API (NEXUS_API.md, "The other dialect"): the same information under
// other names.
#pragma once

#include <string>
#include <string_view>

#include "emulator/kind.h"

namespace nexus_mirror::emulator {

// The v2 object `text` in another dialect. Numbers keep their digits. Keys that the API does not
// document keep their names, and so does everything below them and inside free-form values
// (customMetadata, pl, attribute values, options). Throws Error(config) when `text` is no object.
std::string in_dialect(Dialect dialect, ObjectKind kind, std::string_view text);

// A documented camelCase key in the given dialect's spelling.
std::string spell(Dialect dialect, std::string_view key);

}  // namespace nexus_mirror::emulator
