// How many rows something changed.
#pragma once

#include <cstdint>

namespace nexus_mirror::store {

struct RowCounts {
  std::int64_t inserted = 0, updated = 0, deleted = 0;

  RowCounts& operator+=(const RowCounts& other) {
    inserted += other.inserted;
    updated += other.updated;
    deleted += other.deleted;
    return *this;
  }
};

}  // namespace nexus_mirror::store
