// The images of a project in the order that numbers them, and the names of their files.
//
// Numbers are promised to be the same in every file and format, whatever a filter leaves out
// (CONTRACT.md 5). So the order is made once, over the whole project and before any format looks at
// it, and lies in the snapshot: a place and the asset's rowid. Images are then read by place, each
// found by its rowid; nothing is sorted again and nothing is held in memory.
//
// A stem names files of its own in some formats, so no two images may have the same, nor two that a
// filesystem takes for the same. All get the stem of their filename, cleaned and with the start of
// their asset's id where it is not fit for a file; those that clash get that start, too, and what
// clashes still its whole id, in further rounds, for the new stem of one may be the filename of
// another. Who clashes with nobody keeps the name, so most images have it whatever else comes and
// goes.
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
// where the filename is fine. Memory does not grow with the project. Throws Error: machine,
// exports.
void order_images(store::Snapshot& snapshot, const std::string& project_id);

// The images that bear another name, in their order.
void for_each_renamed(store::Snapshot& snapshot, const std::function<void(const Renamed&)>& take);

}  // namespace nexus_mirror::exports
