// What hangs on the images of a project: their annotations and groups.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// The ends of a bound, as in the columns of the same names.
struct Extent {
  double xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};

// Empty texts where the server named none.
struct AnnotationRow {
  std::int64_t number = 0;  // its rowid, or its image's place: as the query says
  std::string_view id, tag, bound_type;
  std::string_view bound;  // JSON
  std::optional<Extent> extent;
  std::optional<std::int64_t> frame;  // 0 or more; none where the server named no such number
};

// Whether the project has a good part of the mirror's annotations: it is then faster to read all of
// them from the first to the last than to look for its own. Throws as `snapshot` does, like all
// below. Ids that are handed in must stay until the last row.
bool is_large_part(Snapshot& snapshot, std::string_view project_id);

// The project's annotations by rowid, which is `number`.
Rows<AnnotationRow> annotations_as_they_lie(Snapshot& snapshot, std::string_view project_id);

// Those on images of the snapshot's ImagePlaces, by place, which is `number`.
Rows<AnnotationRow> annotations_by_place(Snapshot& snapshot, std::string_view project_id);

struct PlacedAnnotation {
  std::int64_t rowid = 0, place = 0;
};
// The place of the image of each annotation that has one, in no order; also of annotations of other
// projects on an asset of the same id.
Rows<PlacedAnnotation> places_of_annotations(Snapshot& snapshot);

struct BoundTypeCount {
  std::string bound_type;  // empty where the server named none
  std::int64_t annotations = 0;
};
// Of the project, the most frequent first. Reads all its annotations.
std::vector<BoundTypeCount> count_bound_types(Snapshot& snapshot, std::string_view project_id);

// Names of the groups that an asset is in, sorted.
RowsOf<std::string_view> groups_by_asset(Snapshot& snapshot, std::string_view project_id);

// Ids, sorted, of the project's annotations on assets that the mirror has not.
Rows<std::string_view> orphaned_annotations(Snapshot& snapshot, std::string_view project_id);

// The most points that an annotation of type Keypoints has of which one is labelled; 0 where there
// is none. Reads all annotations of the project.
std::int64_t most_keypoints(Snapshot& snapshot, std::string_view project_id);

}  // namespace nexus_mirror::store
