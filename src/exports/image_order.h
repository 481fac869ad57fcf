// The images of a project in the order that numbers them, and the names of their files.
//
// Numbers are promised to be the same in every file and format, whatever a filter leaves out
// (CONTRACT.md 5). So the order is made once, over the whole project and before any format looks at
// it, and lies in the snapshot: a place and the asset's rowid. Images are then read by place, each
// found by its rowid; nothing is sorted again and nothing is held in memory.
//
// A name stands in annotation files, a stem names files of an image's own in some formats, so no
// two images may have the same, nor two that some disk takes for the same: whatever the case of
// letters, their composition (file_names.h: stem_key). An image is called by its filename. Of those
// that would share one file the oldest keeps it (by create_date, then id; the date that is not
// known last); the others, and those whose filename is not fit for a file, get a cleaned stem with
// the start of their asset's id, or the whole id where that is somebody's, or a number behind it.
// So does one whose filename is a folder in another's, however old it is: `scan` beside
// `scan/0001.jpg`, that one name changes and not a thousand.
// What a filename gives comes before what was made, so whoever clashes with nobody keeps the name
// whatever else comes and goes.
//
// Some formats call images by a NameRule of their own. Those whose name it does not take get
// another in the same way, unlike everything that any image is called, so that files of two formats
// can lie in one folder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "exports/data_set.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// An asset whose name could not be used as it is, for the manifest.
struct Renamed {
  std::string_view asset_id, filename;
  std::string_view name;  // in the files; the filename itself where only the stem had to change
  std::string_view stem;
  NameRule rule = NameRule::any;  // of the formats that call it so
};

// Gives `snapshot` its store::ImagePlaces: the place counts from 1 by filename, then id, over the
// whole project. Memory does not grow with the project. Throws Error: machine, interrupted.
void order_images(store::Snapshot& snapshot, const std::string& project_id);

// The images that bear another name, in their order; NameRule::any last of each.
void for_each_renamed(store::Snapshot& snapshot, const std::function<void(const Renamed&)>& take);

}  // namespace nexus_mirror::exports
