// Every format by its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exports/writer.h"
#include "objects/enumerations.h"

namespace nexus_mirror::exports {

// The one that is not made image by image: see formats/ndjson.h.
inline constexpr std::string_view kNdjson = objects::kLosslessFormat;

// The names of all formats, ndjson first.
std::vector<std::string> format_names();

// nullptr for ndjson and for a name that is none.
const Format* find_format(std::string_view name);

}  // namespace nexus_mirror::exports
