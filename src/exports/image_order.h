// The images of a project in the order that numbers them, and the names of their files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "store/snapshot.h"

namespace nexus_mirror::exports {

// An asset whose name could not be used as it is, for the manifest.
struct Renamed {
  std::string_view asset_id, filename;
  std::string_view name;  // in the files; the filename itself where only the stem had to change
  std::string_view stem;
};

// Gives `snapshot` its store::ImagePlaces: the place counts from 1 by filename, then id, over the
// whole project; the stem is unlike any other's, whatever the case of its letters; the name is none
// where the filename is fine. Memory does not grow with the project. Throws Error: mirror, exports.
void order_images(store::Snapshot& snapshot, const std::string& project_id);

// The images that bear another name, in their order.
void for_each_renamed(store::Snapshot& snapshot, const std::function<void(const Renamed&)>& take);

}  // namespace nexus_mirror::exports
