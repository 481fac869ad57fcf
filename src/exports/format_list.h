// Every format by its name; all names, of ndjson too, are objects::kExportFormats. Any thread may
// call anything.
#pragma once

#include <span>
#include <string_view>

#include "exports/writer.h"
#include "objects/enumerations.h"

namespace nexus_mirror::exports {

// The one that is not made image by image: see formats/ndjson.h.
inline constexpr std::string_view kNdjson = objects::kLosslessFormat;

struct NamedFormat {
  std::string_view name;
  const Format& format;
};

// All formats but ndjson.
std::span<const NamedFormat> image_formats();

// nullptr for ndjson and for a name that is none.
const Format* find_format(std::string_view name);

}  // namespace nexus_mirror::exports
