// manifest.json of a project: its export files with their hashes, and what was left out and why.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "exports/staging.h"
#include "store/past/as_of.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

inline constexpr const char* kManifest = "manifest.json";

struct ManifestHead {
  std::string project_id, project_name;
  std::int64_t sync_id = 0, written_at = 0;  // of the newest file in it
  std::optional<store::AsOf> as_of = {};     // of an export of the past
};

// Writes the manifest of the files that `records`, a snapshot made after they were put in place,
// has rows for, and of the link files in `folder` (the project's). `images` is the snapshot that
// the files were made from; with `renamed`, order_images() was called on it. Memory does not grow
// with the number of files. Throws Error: machine, exports.
void write_manifest(store::Snapshot& records, store::Snapshot& images, bool renamed,
                    const ManifestHead& head, const std::filesystem::path& folder, OutputFile& out);

// What the manifest in place says of itself; nullopt where it cannot be read.
std::optional<ManifestHead> read_head(const std::filesystem::path& manifest);

// The paths of a manifest, below the project's folder, of a mirror that knows nothing of it any
// more; none where it cannot be read.
void for_each_path(const std::filesystem::path& manifest,
                   const std::function<void(std::string_view)>& take);

}  // namespace nexus_mirror::exports
