#include "store/image_places.h"

#include <utility>

#include "text/ascii.h"

namespace nexus_mirror::store {
namespace {

// `asset` is a rowid of assets. `name` is NULL where the filename will do, and '' until take(); the
// keys of what is yet to be named are NULL.
constexpr const char* kTables = R"sql(
DROP TABLE IF EXISTS temp.image_places;
CREATE TEMP TABLE image_places(
  place INTEGER PRIMARY KEY, asset INTEGER NOT NULL, id TEXT NOT NULL, filename TEXT,
  mime_type TEXT, width INTEGER, height INTEGER, status TEXT);
DROP TABLE IF EXISTS temp.image_names;
CREATE TEMP TABLE image_names(
  place INTEGER NOT NULL, rule INTEGER NOT NULL, asset INTEGER NOT NULL,
  name TEXT, name_key TEXT, stem TEXT NOT NULL, stem_key TEXT, video INTEGER NOT NULL,
  PRIMARY KEY(place, rule DESC)) WITHOUT ROWID;
)sql";

// The indexes are made once all images are in. What an update looks for is found before it begins.
constexpr const char* kSettle = R"sql(
CREATE INDEX temp.image_places_by_id ON image_places(id);
CREATE INDEX temp.image_names_by_name ON image_names(name_key);
UPDATE temp.image_names SET name = '', stem_key = NULL WHERE name_key IS NULL;
UPDATE temp.image_names SET name = '', name_key = NULL, stem_key = NULL WHERE place IN (
  SELECT place FROM (
    SELECT n.place, row_number() OVER (
      PARTITION BY n.name_key ORDER BY a.create_date IS NULL, a.create_date, a.id) AS age
    FROM temp.image_names n JOIN assets a ON a.rowid = n.asset WHERE n.name_key IN (
      SELECT name_key FROM temp.image_names WHERE name_key IS NOT NULL
      GROUP BY name_key HAVING count(*) > 1))
  WHERE age > 1);
UPDATE temp.image_names SET name = '', name_key = NULL, stem_key = NULL WHERE place IN (
  SELECT n.place FROM temp.image_names n
  WHERE EXISTS (SELECT 1 FROM temp.image_names WHERE instr(name_key, '/') > 0) AND EXISTS (
    SELECT 1 FROM temp.image_names o
    WHERE o.name_key >= n.name_key || '/' AND o.name_key < n.name_key || '0'));
CREATE INDEX temp.image_names_by_stem ON image_names(stem_key);
UPDATE temp.image_names SET stem_key = NULL WHERE place IN (
  SELECT n.place FROM temp.image_names n WHERE n.video AND EXISTS (
    SELECT 1 FROM temp.image_names o
    WHERE o.stem_key >= n.stem_key || '_f0' AND o.stem_key < n.stem_key || '_f:'
      AND length(o.stem_key) >= length(n.stem_key) + 8
      AND substr(o.stem_key, length(n.stem_key) + 3) NOT GLOB '*[^0-9]*'));
UPDATE temp.image_names SET stem_key = NULL WHERE place IN (
  SELECT place FROM (
    SELECT n.place, row_number() OVER (
      PARTITION BY n.stem_key ORDER BY a.create_date IS NULL, a.create_date, a.id) AS age
    FROM temp.image_names n JOIN assets a ON a.rowid = n.asset WHERE n.stem_key IN (
      SELECT stem_key FROM temp.image_names WHERE stem_key IS NOT NULL
      GROUP BY stem_key HAVING count(*) > 1))
  WHERE age > 1);
)sql";

constexpr const char* kFindKey =
    "SELECT 1 FROM temp.image_names WHERE stem_key = ?1 AND place <> ?3 "
    "UNION ALL SELECT 1 FROM temp.image_names WHERE name_key = ?2 AND place <> ?3 "
    "UNION ALL SELECT 1 FROM temp.image_names WHERE name_key >= ?2 || '/' "
    "AND name_key < ?2 || '0' AND place <> ?3";

constexpr const char* kFindFrames =
    "SELECT 1 FROM temp.image_names WHERE stem_key >= ?1 || '_f0' AND stem_key < ?1 || '_f:' "
    "AND length(stem_key) >= length(?1) + 8 "
    "AND substr(stem_key, length(?1) + 3) NOT GLOB '*[^0-9]*' AND place <> ?2";

constexpr const char* kFindVideo =
    "SELECT 1 FROM temp.image_names WHERE stem_key = ?1 AND place <> ?2 AND video";

// What read_name() takes, in this order.
constexpr const char* kSelectName =
    "SELECT n.place, n.rule, p.id, p.filename, n.stem, n.name, n.video";
constexpr const char* kFromImages =
    " FROM temp.image_names n CROSS JOIN temp.image_places p ON p.place = n.place ";
constexpr const char* kInOrder = "ORDER BY n.place, n.rule DESC";

void read_name(const Statement& columns, PlacedName& row) {
  row.place = columns.integer(0);
  row.rule = static_cast<int>(columns.integer(1));
  row.asset_id = columns.text(2);
  row.filename = columns.text(3);
  row.stem = columns.text(4);
  row.name = columns.optional_view(5);
  row.is_video = columns.integer(6) != 0;
}

// The stem of a video that calls one of its frames by `stem_key`; empty where none can.
std::string_view before_frame(std::string_view stem_key) {
  constexpr std::size_t kFewestDigits = 6;
  std::size_t digits = 0;
  while (digits < stem_key.size() && text::is_digit(stem_key[stem_key.size() - 1 - digits])) {
    ++digits;
  }
  stem_key.remove_suffix(digits);
  if (digits < kFewestDigits || !stem_key.ends_with("_f")) return {};
  return stem_key.substr(0, stem_key.size() - 2);
}

}  // namespace

ImagePlaces::ImagePlaces(Snapshot& snapshot, std::string project_id)
    : snapshot_(snapshot), project_id_(std::move(project_id)) {
  snapshot.execute(kTables);
  place_ = snapshot.prepare("INSERT INTO temp.image_places VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  add_ = snapshot.prepare(
      "INSERT INTO temp.image_names(place, rule, asset, name_key, stem, stem_key, video) "
      "VALUES(?, 0, ?, ?, ?, ?, ?)");
  call_otherwise_ = snapshot.prepare(
      "INSERT INTO temp.image_names(place, rule, asset, name, stem, video) "
      "SELECT place, ?2, asset, '', stem, video FROM temp.image_names WHERE place = ?1 AND rule = "
      "0");
  take_ = snapshot.prepare(
      "UPDATE temp.image_names SET stem = ?3, stem_key = ?4, name = ifnull(?5, name), "
      "name_key = ifnull(?6, name_key) WHERE place = ?1 AND rule = ?2");
  find_key_ = snapshot.prepare(kFindKey);
  find_frames_ = snapshot.prepare(kFindFrames);
  find_video_ = snapshot.prepare(kFindVideo);
}

Rows<UnplacedAsset> ImagePlaces::assets() {
  Statement query = snapshot_.prepare(
      "SELECT rowid, id, filename, mime_type, width, height, status FROM assets "
      "WHERE project_id = ? ORDER BY ifnull(filename, ''), id");
  query.bind(1, std::string_view(project_id_));
  return {std::move(query), [](const Statement& columns, UnplacedAsset& row) {
            row = {columns.integer(0), columns.text(1),    columns.text(2), columns.text(3),
                   columns.integer(4), columns.integer(5), columns.text(6)};
          }};
}

void ImagePlaces::add(const UnplacedAsset& asset, const NaturalName& natural) {
  const auto bind_key = [&](int index, const std::optional<std::string>& key) {
    key ? add_.bind(index, std::string_view(*key)) : add_.bind_null(index);
  };
  place_.bind(1, ++places_).bind(2, asset.rowid).bind(3, asset.id).bind(4, asset.filename);
  place_.bind(5, asset.mime_type).bind(6, asset.width).bind(7, asset.height);
  place_.bind(8, asset.status).run();
  add_.bind(1, places_).bind(2, asset.rowid).bind(4, natural.stem);
  bind_key(3, natural.name_key);
  bind_key(5, natural.stem_key);
  add_.bind(6, std::int64_t{natural.is_video});
  add_.run();
}

void ImagePlaces::settle() { snapshot_.execute(kSettle); }

Rows<PlacedName> ImagePlaces::unnamed() {
  return {snapshot_.prepare(std::string(kSelectName) + kFromImages +
                            "JOIN assets a ON a.rowid = n.asset WHERE n.stem_key IS NULL "
                            "ORDER BY n.rule, a.create_date IS NULL, a.create_date, a.id"),
          read_name};
}

bool ImagePlaces::is_free(const PlacedName& image, const MadeName& made) {
  const auto finds = [](Statement& query) {
    const ResetGuard guard(query);
    return query.step();
  };
  find_key_.bind(1, made.stem_key).bind(3, image.place);
  made.name_key ? find_key_.bind(2, *made.name_key) : find_key_.bind_null(2);
  if (finds(find_key_)) return false;
  find_frames_.bind(1, made.stem_key).bind(2, image.place);
  if (image.is_video && finds(find_frames_)) return false;
  const std::string_view video = before_frame(made.stem_key);
  if (video.empty()) return true;
  find_video_.bind(1, video).bind(2, image.place);
  return !finds(find_video_);
}

bool ImagePlaces::take(const PlacedName& image, const MadeName& made) {
  if (!is_free(image, made)) return false;
  take_.bind(1, image.place).bind(2, std::int64_t{image.rule});
  take_.bind(3, made.stem).bind(4, made.stem_key);
  made.name ? take_.bind(5, *made.name) : take_.bind_null(5);
  made.name_key ? take_.bind(6, *made.name_key) : take_.bind_null(6);
  take_.run();
  return true;
}

void ImagePlaces::call_otherwise(std::int64_t place, int rule) {
  call_otherwise_.bind(1, place).bind(2, std::int64_t{rule}).run();
}

Rows<PlacedImage> placed_images(Snapshot& snapshot, std::string_view project_id,
                                const AskedOfImages& asked) {
  const char* const metadata =
      asked.metadata ? ", (SELECT custom_metadata FROM assets WHERE rowid = p.asset)" : ", NULL";
  const char* const content = asked.content
                                  ? ", (SELECT f.sha256 FROM files f WHERE f.project_id = ?1 AND "
                                    "f.entity = 'assets' AND f.entity_id = p.id AND "
                                    "f.status = 'ok')"
                                  : ", NULL";
  Statement query =
      snapshot.prepare(std::string(kSelectName) + ", p.width, p.height, p.mime_type, p.status" +
                       metadata + content + kFromImages + kInOrder);
  if (asked.content) query.bind(1, project_id);
  return {std::move(query), [](const Statement& columns, PlacedImage& row) {
            read_name(columns, row);
            row.width = columns.integer(7);
            row.height = columns.integer(8);
            row.mime_type = columns.text(9);
            row.status = columns.text(10);
            row.custom_metadata = columns.text(11);
            row.content = columns.text(12);
          }};
}

Rows<PlacedName> placed_names(Snapshot& snapshot) {
  return {snapshot.prepare(std::string(kSelectName) + kFromImages + kInOrder), read_name};
}

}  // namespace nexus_mirror::store
