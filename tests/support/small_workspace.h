// A workspace of a few objects of every kind, for tests that sync it hundreds of times.
#pragma once

#include <filesystem>
#include <string>

namespace nexus_mirror::testing {

inline constexpr const char* kSmallProject = "proj_9e03306b4b36a005c696eca52507a895";

// Writes `folder` as nexus-emulator serves it: of the corpus' keypoints project 9 assets with their
// annotations, and everything else. With `changed` as it may be some days later: an asset and its
// annotations are gone, others have another status or came, a tag has another colour, a run has
// more events.
void write_small_workspace(const std::filesystem::path& folder, bool changed);

}  // namespace nexus_mirror::testing
