#include "exports/image_order.h"

#include "exports/file_names.h"
#include "nexus_mirror/error.h"
#include "store/image_places.h"

namespace nexus_mirror::exports {
namespace {

using store::ImagePlaces;
using store::Snapshot;

// Takes the project's assets in their order, each with the stem that its filename gives.
void place_all(ImagePlaces& places) {
  auto assets = places.assets();
  for (store::UnplacedAsset asset; assets.next(asset);) {
    std::string stem = safe_stem(asset.filename);
    if (!has_safe_stem(asset.filename)) stem = with_id(stem, asset.id, false);
    places.add(asset, stem, stem_key(stem), !is_safe_name(asset.filename));
  }
}

// Gives those with the same stem their ids; the second time their whole ids, which are unique.
std::int64_t part_clashes(ImagePlaces& places, bool whole_id) {
  std::int64_t count = 0;
  auto clashes = places.clashes();
  for (store::PlacedName image; clashes.next(image); ++count) {
    const std::string stem = with_id(safe_stem(image.filename), image.asset_id, whole_id);
    places.set_stem(image.place, stem, stem_key(stem));
  }
  return count;
}

void name_by_stem(ImagePlaces& places) {
  auto images = places.to_name();
  for (store::PlacedName image; images.next(image);) {
    places.set_name(image.place, std::string(image.stem) + safe_extension(image.filename));
  }
}

}  // namespace

void order_images(Snapshot& snapshot, const std::string& project_id) {
  ImagePlaces places(snapshot, project_id);
  place_all(places);
  // Images that the same filename means cannot be told apart by it.
  places.mark_shared_filenames();
  std::int64_t clashes = part_clashes(places, false);
  // A name may be what another's became: then both get their whole ids, and so on.
  for (int round = 0; clashes > 0 && round < 3; ++round) clashes = part_clashes(places, true);
  if (clashes > 0) {
    throw Error(ErrorCode::exports, "naming the files of", "project " + project_id,
                "the names of its assets cannot be told apart", "rename the assets in Nexus");
  }
  name_by_stem(places);
}

void for_each_renamed(Snapshot& snapshot, const std::function<void(const Renamed&)>& take) {
  auto images = store::placed_names(snapshot);
  for (store::PlacedName image; images.next(image);) {
    const std::string_view filename = image.filename, stem = image.stem;
    const bool stem_changed = !has_safe_stem(filename) || safe_stem(filename) != stem;
    if (!image.name && !stem_changed) continue;
    take({image.asset_id, filename, image.name.value_or(filename), stem});
  }
}

}  // namespace nexus_mirror::exports
