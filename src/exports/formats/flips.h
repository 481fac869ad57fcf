// Left and right among keypoints. Any thread may call anything.
#pragma once

#include <cstdint>
#include <vector>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// For each keypoint of `project`, from 0, the one that it becomes when an image is mirrored: the
// left eye the right one, the nose itself. Empty where names do not tell: there are none, classes
// name them differently, no name says left or right, or one that does has no counterpart.
std::vector<std::int64_t> flips_of(const Project& project);

}  // namespace nexus_mirror::exports::formats
