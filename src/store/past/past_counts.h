// What the views count (kept_counts.h), as it was: the counts of now, less what has come since and
// with what has gone.
#pragma once

#include <string_view>

#include "store/database.h"

namespace nexus_mirror::store {

// A table of kept counts, and the table of objects that it counts.
struct PastCount {
  std::string_view table, of;
  std::string_view sql;  // makes temp.<table>
};

// `of` has a temp.then_<of>; temp.then_unloaded is there.
inline constexpr PastCount kPastCounts[] = {
    {"asset_counts", "assets", R"sql(
CREATE TEMP TABLE asset_counts(project_id TEXT NOT NULL, status TEXT NOT NULL,
  assets INTEGER NOT NULL, PRIMARY KEY(project_id, status)) STRICT, WITHOUT ROWID;
INSERT INTO temp.asset_counts
  SELECT project_id, status, sum(n) FROM (
    SELECT project_id, status, assets AS n FROM main.asset_counts
    UNION ALL
    SELECT m.project_id, ifnull(m.status, ''), -1
      FROM temp.then_assets t JOIN main.assets m ON m.rowid = t.row
    UNION ALL
    SELECT project_id, ifnull(status, ''), 1 FROM temp.then_assets WHERE was)
  WHERE project_id NOT IN (SELECT project_id FROM temp.then_unloaded WHERE entity = 'assets')
  GROUP BY 1, 2 HAVING sum(n) > 0;
)sql"},
    {"annotation_counts", "annotations", R"sql(
CREATE TEMP TABLE annotation_counts(project_id TEXT NOT NULL PRIMARY KEY,
  annotations INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO temp.annotation_counts
  SELECT project_id, sum(n) FROM (
    SELECT project_id, annotations AS n FROM main.annotation_counts
    UNION ALL
    SELECT m.project_id, -1
      FROM temp.then_annotations t JOIN main.annotations m ON m.rowid = t.row
    UNION ALL
    SELECT project_id, 1 FROM temp.then_annotations WHERE was)
  WHERE project_id NOT IN (SELECT project_id FROM temp.then_unloaded WHERE entity = 'annotations')
  GROUP BY 1 HAVING sum(n) > 0;
)sql"},
    // An asset counts for a tag as long as one of its annotations has it: of the pairs that a
    // change has to do with, whether it counts now and whether it did then.
    {"tag_counts", "annotations", R"sql(
CREATE TEMP TABLE tag_counts(project_id TEXT NOT NULL, tag TEXT NOT NULL,
  annotations INTEGER NOT NULL, assets INTEGER NOT NULL,
  PRIMARY KEY(project_id, tag)) STRICT, WITHOUT ROWID;
INSERT INTO temp.tag_counts
  WITH gone AS (SELECT m.project_id, m.tag, m.asset_id
      FROM temp.then_annotations t JOIN main.annotations m ON m.rowid = t.row),
    back AS (SELECT project_id, tag, asset_id FROM temp.then_annotations WHERE was),
    pairs AS (SELECT * FROM gone UNION SELECT * FROM back)
  SELECT project_id, tag, sum(n), sum(a) FROM (
    SELECT project_id, tag, annotations AS n, assets AS a FROM main.tag_counts
    UNION ALL SELECT project_id, tag, -1, 0 FROM gone
    UNION ALL SELECT project_id, tag, 1, 0 FROM back
    UNION ALL
    SELECT project_id, tag, 0,
      (EXISTS (SELECT 1 FROM main.annotations m WHERE m.asset_id = p.asset_id
         AND +m.project_id = p.project_id AND +m.tag = p.tag
         AND m.rowid NOT IN (SELECT row FROM temp.then_annotations_rows))
       OR EXISTS (SELECT 1 FROM temp.then_annotations t WHERE t.was AND t.asset_id = p.asset_id
         AND +t.project_id = p.project_id AND +t.tag = p.tag))
      - EXISTS (SELECT 1 FROM main.annotations m WHERE m.asset_id = p.asset_id
         AND +m.project_id = p.project_id AND +m.tag = p.tag)
      FROM pairs p WHERE asset_id IS NOT NULL)
  WHERE tag IS NOT NULL
    AND project_id NOT IN (SELECT project_id FROM temp.then_unloaded WHERE entity = 'annotations')
  GROUP BY 1, 2 HAVING sum(n) > 0;
)sql"},
};

}  // namespace nexus_mirror::store
