// The images of a project in the order that numbers them, in temporary table image_places of a
// Snapshot: place (from 1), asset (a rowid of assets), name, stem, stem_key. SQLite keeps it in a
// file when it grows. Which names and stems are fit for files is the caller's to know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// An asset that has no place yet. `filename` is empty where the server named none, as below.
struct UnplacedAsset {
  std::int64_t rowid = 0;
  std::string_view id, filename;
};

struct PlacedName {
  std::int64_t place = 0;
  std::string_view asset_id, filename, stem;
  std::optional<std::string_view> name;  // where the filename will not do; empty until set_name()
};

struct PlacedImage : PlacedName {
  std::int64_t width = 0, height = 0;  // as the server says; 0 where it says nothing
  std::string_view mime_type, status;  // may be empty
  std::string_view custom_metadata;    // JSON, may be empty
};

// Makes and fills the table, anew if the snapshot had one: add() for each of assets(), then the
// rest in any order. One thread at a time; all throw as the snapshot does. Ends before it does, and
// after the rows that it gave.
class ImagePlaces {
 public:
  ImagePlaces(Snapshot& snapshot, std::string project_id);

  // The project's assets by filename, then id.
  Rows<UnplacedAsset> assets();

  // Gives `asset` the next place. Images whose stem_key is the same are clashes(). One that is
  // `to_name` gets a name by set_name().
  void add(const UnplacedAsset& asset, std::string_view stem, std::string_view stem_key,
           bool to_name);

  // Makes those images to_name() whose filename another one has as well.
  void mark_shared_filenames();
  // In no order.
  Rows<PlacedName> to_name();
  void set_name(std::int64_t place, std::string_view name);

  // The images whose stem_key another one has as well, in their order. What set_stem() does
  // meanwhile changes nothing about which they are.
  Rows<PlacedName> clashes();
  void set_stem(std::int64_t place, std::string_view stem, std::string_view stem_key);

 private:
  Snapshot& snapshot_;
  const std::string project_id_;
  Statement add_, set_name_, set_stem_;
};

// Every image in its order, and what it is called. Only on a snapshot that has been given its
// ImagePlaces.
Rows<PlacedImage> placed_images(Snapshot& snapshot);
Rows<PlacedName> placed_names(Snapshot& snapshot);

}  // namespace nexus_mirror::store
