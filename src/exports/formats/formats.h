// The formats of CONTRACT.md 5 that are made image by image: those of objects/export_formats.inc,
// each defined in a file of this folder. `ndjson` is not among them: see ndjson.h.
#pragma once

#include "exports/writer.h"

namespace nexus_mirror::exports::formats {

#define NEXUS_MIRROR_FORMAT(name) extern const Format name;
#include "objects/export_formats.inc"

}  // namespace nexus_mirror::exports::formats
