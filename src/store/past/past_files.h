// Which images the assets of a project had at a moment of the past (CONTRACT.md 8 and 9).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "store/past/as_of.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// An empty mirror at `file` that has this id: for what an export of the past writes down.
void make_records(const MirrorFile& file, const std::string& mirror_id);

// The bytes of kept content by its SHA-256; nullopt where it is kept no more.
using ContentSize = std::function<std::optional<std::int64_t>(const std::string& sha256)>;

// Shows table `files` of `snapshot`, one of the past, with the images of the project's assets as
// they were, and writes the same into the mirror at `records`, an empty one, with what is known of
// how they end. A content that changed since is asked for by `size_of`; what is kept no more is
// missing. Throws as Database does, and what `size_of` throws.
void show_past_files(Snapshot& snapshot, const AsOf& as_of, const std::string& project_id,
                     Database& records, const ContentSize& size_of);

}  // namespace nexus_mirror::store
