// What an asset is to formats of pictures (CONTRACT.md 5, "What is not a picture"). Pure functions;
// any thread.
#pragma once

#include <string_view>

#include "exports/data_set.h"

namespace nexus_mirror::exports {

// By the type that the server names (`image/*`, `video/*`); where that says neither, or nothing, by
// the extension of `filename`. A file of unknown type and extension is taken for a picture where
// the server names no type at all.
Medium medium_of(std::string_view mime_type, std::string_view filename);

}  // namespace nexus_mirror::exports
