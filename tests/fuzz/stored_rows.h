// Rows that were decoded, in a mirror and back.
#pragma once

#include "objects/row_batch.h"

namespace nexus_mirror::fuzz {

// Whether both have the same rows and items.
bool same_rows(const objects::RowBatch& one, const objects::RowBatch& other);

// Requires that each row of `rows` is taken in by a mirror and reads back equal, and that its text
// is UTF-8 and its JSON columns are JSON.
void require_storable(const objects::RowBatch& rows);

}  // namespace nexus_mirror::fuzz
