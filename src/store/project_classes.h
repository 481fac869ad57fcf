// What a project's annotations may be of: its tags, and the names that the project itself lists.
#pragma once

#include <cstdint>
#include <string_view>

#include "store/rows.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

struct TagRow {
  std::int64_t tag_index = 0;
  std::string_view name;
  bool named = true;       // the server said a name
  std::string_view extra;  // JSON object of what no column holds, or empty
};

// By index. Throws as `snapshot` does, like the other.
Rows<TagRow> tags_of_project(Snapshot& snapshot, std::string_view project_id);

// The names in the project's own list, in its order.
Rows<std::string_view> names_of_tags(Snapshot& snapshot, std::string_view project_id);

}  // namespace nexus_mirror::store
