// The images of a project in the order that numbers them, and what they are called, in temporary
// tables of a Snapshot. SQLite keeps them in files when they grow. Which names and stems are fit
// for files, and which are the same for a disk (their keys), is the caller's to know.
//
// image_places has a row for every image with all that an export asks of its asset, and
// image_names what it is called: by rule 0 each, by another rule those that it calls otherwise. So
// each asset is read once and then never again: in the order of their names they lie all over the
// mirror.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// An asset that has no place yet. Texts are empty where the server named none, as below.
struct UnplacedAsset {
  std::int64_t rowid = 0;
  std::string_view id, filename, mime_type;
  std::int64_t width = 0, height = 0;  // as the server says; 0 where it says nothing
  std::string_view status;
};

// What an image is called of its own. A key is none where the name, or the stem, is not fit.
struct NaturalName {
  std::string_view stem;
  std::optional<std::string> name_key, stem_key;
  bool is_video = false;  // has frames, which are called by its stem
};

struct PlacedName {
  std::int64_t place = 0;
  int rule = 0;
  std::string_view asset_id, filename, stem;
  std::optional<std::string_view> name;  // where the filename will not do; empty until take()
  bool is_video = false;
};

struct PlacedImage : PlacedName {
  std::int64_t width = 0, height = 0;  // as the server says; 0 where it says nothing
  std::string_view mime_type, status;  // may be empty
  std::string_view custom_metadata;    // JSON; empty also where it was not asked for
  std::string_view content;            // SHA-256; empty where it is not here, or not asked for
};

// A name that the caller made for an image. `name` is none where the image keeps the one it has.
struct MadeName {
  std::string_view stem, stem_key;
  std::optional<std::string_view> name, name_key;
};

// Makes and fills the tables, anew if the snapshot had one: add() for each of assets(), then
// settle(), then take() for each of unnamed(), and the last two again after each call_otherwise().
// One thread at a time; all throw as the snapshot does. Ends before it does, and after the rows
// that it gave.
class ImagePlaces {
 public:
  ImagePlaces(Snapshot& snapshot, std::string project_id);

  // The project's assets by filename, then id.
  Rows<UnplacedAsset> assets();
  // Gives `asset` the next place.
  void add(const UnplacedAsset& asset, const NaturalName& natural);

  // Leaves each name, and each stem, to the oldest image that has it (by create_date, then id); an
  // image that loses its name loses its stem, too. So does one whose name is a folder in another's:
  // keys part folders by '/'. A video whose frames would be called as another
  // image's stem, <stem>_f and six digits or more, loses its own.
  void settle();

  // Images without a stem, oldest first; of those without a name, PlacedName::name is empty.
  Rows<PlacedName> unnamed();
  // Calls an image of unnamed() so; false, and nothing is done, where another image has one of the
  // keys under whatever rule, or has the name as a folder, or a video's frames and an image would
  // share a stem.
  bool take(const PlacedName& image, const MadeName& made);

  // Makes the image at `place` unnamed() under `rule` (above 0).
  void call_otherwise(std::int64_t place, int rule);

 private:
  bool is_free(const PlacedName& image, const MadeName& made);

  Snapshot& snapshot_;
  const std::string project_id_;
  std::int64_t places_ = 0;
  Statement place_, add_, call_otherwise_, take_, find_key_, find_frames_, find_video_;
};

// What is wanted of an image beside its place and names: metadata cost a look at each asset,
// content at the row of its file.
struct AskedOfImages {
  bool metadata = false, content = false;
};

// Every image in its order, what it is called by rule 0 last of its rows. Only on a snapshot that
// has been given its ImagePlaces. Rows may be added by call_otherwise() meanwhile. The project's id
// must stay.
Rows<PlacedImage> placed_images(Snapshot& snapshot, std::string_view project_id,
                                const AskedOfImages& asked);
Rows<PlacedName> placed_names(Snapshot& snapshot);

}  // namespace nexus_mirror::store
