#include "exports/image_order.h"

#include <optional>

#include "exports/file_names.h"
#include "exports/media.h"
#include "store/image_places.h"

namespace nexus_mirror::exports {
namespace {

using store::ImagePlaces;
using store::MadeName;
using store::PlacedName;
using store::Snapshot;

// Takes the project's assets in their order, each with what its filename gives.
void place_all(ImagePlaces& places) {
  auto assets = places.assets();
  std::string stem;
  for (store::UnplacedAsset asset; assets.next(asset);) {
    stem = safe_stem(asset.filename);
    const bool is_video = medium_of(asset.mime_type, asset.filename) == Medium::video;
    store::NaturalName natural{stem, {}, {}, is_video};
    if (is_safe_name(asset.filename)) natural.name_key = name_key(asset.filename);
    if (has_safe_stem(asset.filename)) natural.stem_key = stem_key(stem);
    places.add(asset, natural);
  }
}

// The start of the id, the whole id, and then numbers behind it: names that others have run out,
// for each of them bars one image from one number.
std::string made_stem(const PlacedName& image, int attempt) {
  std::string stem = with_id(safe_stem(image.filename), image.asset_id, attempt > 0);
  if (attempt > 1) stem += "_" + std::to_string(attempt);
  return fitting(static_cast<NameRule>(image.rule), stem);
}

void make_names(ImagePlaces& places) {
  auto images = places.unnamed();
  for (PlacedName image; images.next(image);) {
    const bool to_name = image.name && image.name->empty();
    for (int attempt = 0;; ++attempt) {
      const std::string stem = made_stem(image, attempt), key = stem_key(stem);
      const std::string name = stem + safe_extension(image.filename), whole_key = name_key(name);
      MadeName made{stem, key, {}, {}};
      if (to_name) {
        made.name = name;
        made.name_key = whole_key;
      }
      if (places.take(image, made)) break;
    }
  }
}

void call_unfit_otherwise(ImagePlaces& places, Snapshot& snapshot) {
  auto images = store::placed_names(snapshot);
  for (PlacedName image; images.next(image);) {
    if (image.rule != 0) continue;  // of a call_otherwise() just now
    for (const NameRule rule : {NameRule::without_blanks, NameRule::darknet}) {
      if (fits(rule, image.name.value_or(image.filename), image.stem)) continue;
      places.call_otherwise(image.place, static_cast<int>(rule));
    }
  }
}

}  // namespace

void order_images(Snapshot& snapshot, const std::string& project_id) {
  ImagePlaces places(snapshot, project_id);
  place_all(places);
  places.settle();
  make_names(places);
  call_unfit_otherwise(places, snapshot);
  make_names(places);
}

void for_each_renamed(Snapshot& snapshot, const std::function<void(const Renamed&)>& take) {
  auto images = store::placed_names(snapshot);
  for (PlacedName image; images.next(image);) {
    const std::string_view filename = image.filename, stem = image.stem;
    const bool stem_changed = !has_safe_stem(filename) || safe_stem(filename) != stem;
    if (!image.name && !stem_changed) continue;
    take({image.asset_id, filename, image.name.value_or(filename), stem,
          static_cast<NameRule>(image.rule)});
  }
}

}  // namespace nexus_mirror::exports
