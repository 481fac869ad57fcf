#include "store/project_images.h"

#include <cmath>

namespace nexus_mirror::store {
namespace {

using objects::Cell;

double real_of(const Cell& cell) {
  return cell.type == Cell::Type::integer ? static_cast<double>(cell.integer) : cell.real;
}

std::optional<std::int64_t> frame_of(const Cell& cell) {
  std::optional<std::int64_t> frame;
  constexpr double kBeyond = 9e15;  // from where on a double is no exact number
  if (cell.type == Cell::Type::integer) frame = cell.integer;
  if (cell.type == Cell::Type::real && std::abs(cell.real) < kBeyond &&
      std::trunc(cell.real) == cell.real) {
    frame = static_cast<std::int64_t>(cell.real);
  }
  return frame && *frame >= 0 ? frame : std::nullopt;
}

// What read_annotation() takes, but for the last.
constexpr const char* kSelect =
    "SELECT a.id, a.tag, a.bound_type, a.bound, a.xmin, a.ymin, a.xmax, a.ymax, a.frame, ";

void read_annotation(const Statement& columns, AnnotationRow& row) {
  row.id = columns.text(0);
  row.tag = columns.text(1);
  row.bound_type = columns.text(2);
  row.bound = columns.text(3);
  const Cell xmin = columns.column(4);
  if (xmin.null()) {
    row.extent.reset();
  } else {
    row.extent = {real_of(xmin), real_of(columns.column(5)), real_of(columns.column(6)),
                  real_of(columns.column(7))};
  }
  row.frame = frame_of(columns.column(8));
  row.number = columns.integer(9);
}

void read_text(const Statement& columns, std::string_view& text) { text = columns.text(0); }

}  // namespace

bool is_large_part(Snapshot& snapshot, std::string_view project_id) {
  Statement share = snapshot.prepare(
      "SELECT ifnull(sum(annotations) FILTER (WHERE project_id = ?), 0) * 4 >= "
      "ifnull(sum(annotations), 0) FROM annotation_counts");
  share.bind(1, project_id).step();
  return share.integer(0) != 0;
}

Rows<PlacedAnnotation> places_of_annotations(Snapshot& snapshot) {
  // Both sides in the order of the asset's id, so that no page of an index is read twice.
  return {snapshot.prepare("SELECT a.rowid, p.place FROM temp.image_places p "
                           "INDEXED BY image_places_by_id CROSS JOIN annotations a "
                           "ON a.asset_id = p.id ORDER BY p.id"),
          [](const Statement& columns, PlacedAnnotation& row) {
            row = {columns.integer(0), columns.integer(1)};
          }};
}

Rows<AnnotationRow> annotations_as_they_lie(Snapshot& snapshot, std::string_view project_id) {
  // The plus keeps SQLite from the index that begins with the project.
  Statement query = snapshot.prepare(std::string(kSelect) +
                                     "a.rowid FROM annotations a WHERE +a.project_id = ? "
                                     "ORDER BY a.rowid");
  query.bind(1, project_id);
  return {std::move(query), read_annotation};
}

Rows<AnnotationRow> annotations_by_place(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(std::string(kSelect) +
                                     "p.place FROM temp.image_places p CROSS JOIN annotations a "
                                     "ON a.asset_id = p.id WHERE +a.project_id = ? "
                                     "ORDER BY p.place");
  query.bind(1, project_id);
  return {std::move(query), read_annotation};
}

std::vector<BoundTypeCount> count_bound_types(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT bound_type, count(*) FROM annotations WHERE project_id = ? GROUP BY 1 "
      "ORDER BY 2 DESC, 1");
  query.bind(1, project_id);
  std::vector<BoundTypeCount> counts;
  while (query.step()) counts.push_back({std::string(query.text(0)), query.integer(1)});
  return counts;
}

RowsOf<std::string_view> groups_by_asset(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT name FROM asset_groups WHERE asset_id = ?1 AND project_id = ?2 ORDER BY name");
  query.bind(2, project_id);
  return {std::move(query), read_text};
}

Rows<std::string_view> orphaned_annotations(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT id FROM annotations n WHERE project_id = ? AND NOT EXISTS (SELECT 1 FROM assets a "
      "WHERE a.id = n.asset_id AND a.project_id = n.project_id) ORDER BY id");
  query.bind(1, project_id);
  return {std::move(query), read_text};
}

std::int64_t most_keypoints(Snapshot& snapshot, std::string_view project_id) {
  Statement query = snapshot.prepare(
      "SELECT max(json_array_length(bound)) FROM annotations WHERE project_id = ? AND "
      "bound_type = 'Keypoints' AND xmin IS NOT NULL AND json_valid(bound)");
  query.bind(1, project_id).step();
  return query.integer(0);
}

}  // namespace nexus_mirror::store
