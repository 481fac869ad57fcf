#include "store/image_places.h"

#include <utility>

namespace nexus_mirror::store {
namespace {

// `name` is NULL where the filename will do, and '' until set_name().
constexpr const char* kTables = R"sql(
DROP TABLE IF EXISTS temp.image_places;
CREATE TEMP TABLE image_places(
  place INTEGER PRIMARY KEY, asset INTEGER NOT NULL, name TEXT, stem TEXT NOT NULL,
  stem_key TEXT NOT NULL);
DROP TABLE IF EXISTS temp.stem_clashes;
CREATE TEMP TABLE stem_clashes(place INTEGER PRIMARY KEY);
)sql";

// The index is made once all images are in.
constexpr const char* kFindClashes = R"sql(
CREATE INDEX IF NOT EXISTS temp.image_places_by_key ON image_places(stem_key);
DELETE FROM temp.stem_clashes;
INSERT INTO temp.stem_clashes SELECT place FROM temp.image_places WHERE stem_key IN
  (SELECT stem_key FROM temp.image_places GROUP BY stem_key HAVING count(*) > 1);
)sql";

// What read_name() takes, in this order.
constexpr const char* kSelectName = "SELECT p.place, a.id, a.filename, p.stem, p.name";
constexpr const char* kFromImages = " FROM temp.image_places p JOIN assets a ON a.rowid = p.asset ";

void read_name(const Statement& columns, PlacedName& row) {
  row.place = columns.integer(0);
  row.asset_id = columns.text(1);
  row.filename = columns.text(2);
  row.stem = columns.text(3);
  row.name = columns.optional_view(4);
}

}  // namespace

ImagePlaces::ImagePlaces(Snapshot& snapshot, std::string project_id)
    : snapshot_(snapshot), project_id_(std::move(project_id)) {
  snapshot.execute(kTables);
  add_ = snapshot.prepare(
      "INSERT INTO temp.image_places(asset, name, stem, stem_key) VALUES(?, ?, ?, ?)");
  set_name_ = snapshot.prepare("UPDATE temp.image_places SET name = ? WHERE place = ?");
  set_stem_ =
      snapshot.prepare("UPDATE temp.image_places SET stem = ?, stem_key = ? WHERE place = ?");
}

Rows<UnplacedAsset> ImagePlaces::assets() {
  Statement query = snapshot_.prepare(
      "SELECT rowid, id, filename FROM assets WHERE project_id = ? "
      "ORDER BY ifnull(filename, ''), id");
  query.bind(1, std::string_view(project_id_));
  return {std::move(query), [](const Statement& columns, UnplacedAsset& row) {
            row = {columns.integer(0), columns.text(1), columns.text(2)};
          }};
}

void ImagePlaces::add(const UnplacedAsset& asset, std::string_view stem, std::string_view stem_key,
                      bool to_name) {
  add_.bind(1, asset.rowid).bind(3, stem).bind(4, stem_key);
  to_name ? add_.bind(2, std::string_view()) : add_.bind_null(2);
  add_.run();
}

void ImagePlaces::mark_shared_filenames() {
  snapshot_
      .prepare(
          "UPDATE temp.image_places SET name = '' WHERE asset IN (SELECT rowid FROM assets "
          "WHERE project_id = ?1 AND filename IN (SELECT filename FROM assets "
          "WHERE project_id = ?1 GROUP BY filename HAVING count(*) > 1))")
      .bind(1, std::string_view(project_id_))
      .run();
}

Rows<PlacedName> ImagePlaces::to_name() {
  return {snapshot_.prepare(std::string(kSelectName) + kFromImages + "WHERE p.name = ''"),
          read_name};
}

void ImagePlaces::set_name(std::int64_t place, std::string_view name) {
  set_name_.bind(1, name).bind(2, place).run();
}

Rows<PlacedName> ImagePlaces::clashes() {
  snapshot_.execute(kFindClashes);
  return {snapshot_.prepare(std::string(kSelectName) +
                            " FROM temp.stem_clashes c JOIN temp.image_places p "
                            "ON p.place = c.place JOIN assets a ON a.rowid = p.asset "
                            "ORDER BY c.place"),
          read_name};
}

void ImagePlaces::set_stem(std::int64_t place, std::string_view stem, std::string_view stem_key) {
  set_stem_.bind(1, stem).bind(2, stem_key).bind(3, place).run();
}

Rows<PlacedImage> placed_images(Snapshot& snapshot) {
  return {snapshot.prepare(std::string(kSelectName) +
                           ", a.width, a.height, a.mime_type, a.status, a.custom_metadata" +
                           kFromImages + "ORDER BY p.place"),
          [](const Statement& columns, PlacedImage& row) {
            read_name(columns, row);
            row.width = columns.integer(5);
            row.height = columns.integer(6);
            row.mime_type = columns.text(7);
            row.status = columns.text(8);
            row.custom_metadata = columns.text(9);
          }};
}

Rows<PlacedName> placed_names(Snapshot& snapshot) {
  return {snapshot.prepare(std::string(kSelectName) + kFromImages + "ORDER BY p.place"), read_name};
}

}  // namespace nexus_mirror::store
