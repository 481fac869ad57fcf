// The places that an export has for images, as its formats say them while they are written, in
// temporary table wanted_places of a Snapshot: there are as many as there are images. SQLite keeps
// it in a file when it grows.
#pragma once

#include <string_view>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

struct WantedPlace {
  std::string_view path;       // below the folder of its format
  std::string_view entity_id;  // whose content belongs there
};

// One per snapshot, which it may not outlive. One thread at a time; all throw as the snapshot does.
class WantedPlaces {
 public:
  explicit WantedPlaces(Snapshot& snapshot);

  // Each path of a format once.
  void put(std::string_view format, const WantedPlace& place);

  // Those of a format, by path. The text must stay until the last row.
  Rows<WantedPlace> of(std::string_view format);

 private:
  Snapshot& snapshot_;
  Statement put_;
};

}  // namespace nexus_mirror::store
