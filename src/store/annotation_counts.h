// How many annotations each tag has and how many assets bear it, counted from the rows.
//
// An asset counts once for a tag, however many of its annotations have it; so it takes an order in
// which the annotations of an asset come together. As a rule they come near each other, in the
// order in which people worked, and then the rows need no sorting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/database.h"

namespace nexus_mirror::store {

struct TagCount {
  std::int64_t annotations = 0, assets = 0;
  std::int64_t newest_asset = 0;  // that was counted, by its place among those that were met
};

struct ProjectCount {
  std::int64_t annotations = 0;
  std::map<std::string, TagCount, std::less<>> tags;
};

using AnnotationCounts = std::map<std::string, ProjectCount, std::less<>>;

// Of all projects, or of one. In memory for each tag, and 2 MiB; throws as `database` does.
AnnotationCounts counts_of_annotations(Database& database, std::optional<std::string_view> project);

// What that does: rows as they lie, and by their index those of assets that seem to come again long
// after; nullopt where more than `most_again` of them do.
std::optional<AnnotationCounts> counts_as_rows_lie(Database& database,
                                                   std::optional<std::string_view> project,
                                                   std::size_t most_again);
// Of rows that are sorted by their assets.
AnnotationCounts counts_of_sorted_rows(Database& database, std::optional<std::string_view> project);

}  // namespace nexus_mirror::store
