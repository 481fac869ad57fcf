// What became of the data sets between two moments (CONTRACT.md 9): from the changes between them,
// once through, whatever the mirror weighs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/database.h"
#include "store/past/as_of.h"

namespace nexus_mirror::store {

struct TagDiff {
  std::int64_t before = 0, after = 0;  // annotations
  std::int64_t added = 0, removed = 0, moved = 0, retagged_from = 0, retagged_to = 0, changed = 0;
  std::optional<std::string> renamed_from;

  bool differs() const;
};

struct KindDiff {
  std::int64_t added = 0, removed = 0, changed = 0;
};

struct ProjectDiff {
  std::string id, name;  // of `until`
  struct {
    std::int64_t added = 0, removed = 0, status_changed = 0, changed = 0;
  } assets;
  struct {
    std::int64_t added = 0, removed = 0, moved = 0, retagged = 0, changed = 0;
  } annotations;
  // Those whose annotations, or whose name, differ; nullopt is what has no tag.
  std::map<std::optional<std::string>, TagDiff> tags;
  KindDiff runs, artifacts, models;

  bool differs() const;
};

// An asset or annotation that is another.
struct ObjectDiff {
  std::string project_id, entity, entity_id, asset_id, filename;
  std::string what;  // added removed moved retagged changed
  std::optional<std::string> tag_before, tag_after;
  std::optional<double> iou;  // 0..1, of the extents of what was moved
};

// `database` reads one state, may have temporary tables, and is asked for nothing afterwards;
// `since` is not later than `until`. `project_ids` empty = all; projects without a difference are
// left out. `take` is given each object as it is found; empty = nobody asks. By project id. One
// thread; throws as Database and Past do.
std::vector<ProjectDiff> diff(Database& database, const AsOf& since, const AsOf& until,
                              const std::vector<std::string>& project_ids,
                              const std::function<void(const ObjectDiff&)>& take);

}  // namespace nexus_mirror::store
