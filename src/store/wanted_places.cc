#include "store/wanted_places.h"

#include <utility>

namespace nexus_mirror::store {

WantedPlaces::WantedPlaces(Snapshot& snapshot) : snapshot_(snapshot) {
  snapshot.execute(
      "CREATE TEMP TABLE wanted_places(format TEXT NOT NULL, path TEXT NOT NULL, "
      "entity_id TEXT NOT NULL, PRIMARY KEY(format, path)) WITHOUT ROWID");
  put_ =
      snapshot.prepare("INSERT INTO temp.wanted_places(format, path, entity_id) VALUES(?, ?, ?)");
}

void WantedPlaces::put(std::string_view format, const WantedPlace& place) {
  put_.bind(1, format).bind(2, place.path).bind(3, place.entity_id).run();
}

Rows<WantedPlace> WantedPlaces::of(std::string_view format) {
  Statement query = snapshot_.prepare(
      "SELECT path, entity_id FROM temp.wanted_places WHERE format = ? ORDER BY path");
  query.bind(1, format);
  return {std::move(query), [](const Statement& columns, WantedPlace& row) {
            row = {columns.text(0), columns.text(1)};
          }};
}

}  // namespace nexus_mirror::store
