// Which set an asset belongs to: decided by its id and the seed alone, so that it stays there for
// ever, however the data set grows (CONTRACT.md 5).
#pragma once

#include <cstdint>
#include <string_view>

#include "exports/data_set.h"

namespace nexus_mirror::exports {

// Validate where the first 53 bits of SHA-256("<seed>:<asset id>"), as a fraction 0..1, are below
// `ratio` (0..1). A larger ratio moves assets to `validate` only, never back. Any thread.
Split split_of(std::string_view asset_id, std::int64_t seed, double ratio);

}  // namespace nexus_mirror::exports
