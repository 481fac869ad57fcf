// Which set an asset belongs to: decided by its id and the seed alone, so that it stays there for
// ever, however the data set grows (CONTRACT.md 5). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "exports/data_set.h"

namespace nexus_mirror::exports {

// Validate where the first 53 bits of SHA-256("<seed>:<asset id>"), as a fraction 0..1, are below
// `ratio` (0..1). A larger ratio moves assets to `validate` only, never back.
Split split_of(std::string_view asset_id, std::int64_t seed, double ratio);

// A set of a project's images.
struct ImageSet {
  Split split = Split::train;
  bool whole = false;  // it has all images: there is no split

  // "annotations" of the whole, else "train" or "validate": the name of a file that holds the set.
  std::string_view name() const;
};

// The sets that `ratio` makes: one, the whole, where it is 0. Each is there however few images
// come.
std::vector<ImageSet> sets_of(double ratio);

}  // namespace nexus_mirror::exports
