// Table placed_files: images and models that lie under other names in export folders (CONTRACT.md
// 8, "Exports take them along"). A row for each place that an export has, with whose content
// belongs there and what has been put there; so what is to be done follows from the rows and from
// `files` alone, without a look at the disk.
//
// Kills and power cuts: a file is written down as under way before it is placed, and as placed when
// it is on the disk. So each file of ours has a row, and none is believed to be there that is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/rows.h"
#include "store/session.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// What has been put in a place.
enum class PlacedAs {
  under_way,  // being placed: perhaps it is there
  reflink,
  hard_link,
  copy,
  own_copy,  // which its readers may have mended
};

// The models of a project have places like a format's images: rows of this "format".
inline constexpr const char* kModelPlaces = "models";

// A place, below the folder of its format.
struct Place {
  std::string_view path;
  std::string_view entity_id;         // whose content belongs there; empty: nobody's any more
  std::optional<PlacedAs> placed_as;  // nullopt = nothing of ours is there
};

// Whether content that is a JPEG has its end; unknown where nobody has looked.
enum class JpegEnding { whole, cut, unknown };

// A place with what is there and what should be.
struct PlaceContent : Place {
  std::string_view placed;                // SHA-256 of what was put there; empty = not known
  std::string_view content;               // SHA-256 of what should be; empty = it is not here
  std::int64_t bytes = 0;                 // of `content`
  JpegEnding ending = JpegEnding::whole;  // of `content`, should it be a JPEG
};

// All by path, and each thrown as `snapshot` does. Texts that are handed in must stay until the
// last row. `entity` is a table's name: assets or models.
Rows<Place> places_of(Snapshot& snapshot, std::string_view project_id, std::string_view format);
Rows<PlaceContent> places_with_content(Snapshot& snapshot, std::string_view project_id,
                                       std::string_view format, std::string_view entity);
std::int64_t count_places(Snapshot& snapshot, std::string_view project_id, std::string_view format);

// The formats that have places.
std::vector<std::string> formats_with_places(Snapshot& snapshot, std::string_view project_id);

// Whether images (assets) or models of the project are kept, or wanted, here.
bool keeps_content(Snapshot& snapshot, std::string_view project_id, std::string_view entity);

// Of the project's images that are here, in bytes.
std::int64_t kept_image_bytes(Snapshot& snapshot, std::string_view project_id);

struct PlacedCounts {
  std::int64_t placed = 0, linked = 0, copied = 0;  // in their places; of these by link, by copy
  std::int64_t bytes = 0;                           // of those in their places
};
PlacedCounts count_placed(Snapshot& snapshot, std::string_view project_id, std::string_view format);

// A model whose file is here, and the link that it was had from: a secret.
struct KeptModel {
  std::string model_id, link;
};
std::vector<KeptModel> kept_models(Snapshot& snapshot, std::string_view project_id);

struct PlannedPlace {
  std::string path, entity_id;  // empty: it is to be removed
};

// Whether content is a JPEG without its end.
struct NotedEnding {
  std::string sha256;
  bool cut = false;
};

// What became of a place.
struct PlaceResult {
  std::string path, sha256;           // empty = nothing of ours is there
  std::optional<PlacedAs> placed_as;  // nullopt = the same
  std::int64_t bytes = 0;
};

// The table as exports write it. One thread; all throw as Database does, and each is a transaction.
class PlacedFiles {
 public:
  explicit PlacedFiles(Session& session) : session_(session) {}

  // New places, and others for whose content they are: what has been put there stays as it is.
  void plan(const std::string& project_id, const std::string& format,
            const std::vector<PlannedPlace>& places);
  // These are about to be placed: whatever is there from now on is ours, and of which content is
  // not known.
  void begin(const std::string& project_id, const std::string& format,
             const std::vector<std::string>& paths);
  void record(const std::string& project_id, const std::string& format,
              const std::vector<PlaceResult>& results);
  // What lies, or may, in places that are nobody's any more, where `path` needs a folder or as a
  // folder where it needs to be a file; `most` paths at most.
  std::vector<std::string> in_the_way(const std::string& project_id, const std::string& format,
                                      const std::string& path, std::int64_t most);
  bool contains(const std::string& project_id, const std::string& format, const std::string& path);
  // They are no places any more.
  void forget(const std::string& project_id, const std::string& format,
              const std::vector<std::string>& paths);

  void note_endings(const std::vector<NotedEnding>& endings);
  // The same within the transaction under way, if there is one.
  void note_ending(const NotedEnding& ending);

 private:
  Session& session_;
};

}  // namespace nexus_mirror::store
