// Rows of a page as bytes, for those that wait in the mirror for their place in a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "objects/row_batch.h"

namespace nexus_mirror::store {

// Of the rows at `places` of a batch, in that order, with their lists.
std::string rows_to_blob(const objects::RowBatch& rows, const std::vector<std::size_t>& places);

// Adds those rows to `rows`, whose table is theirs. Throws Error(machine) when the bytes are none
// that rows_to_blob() made for it.
void rows_from_blob(std::string_view bytes, objects::RowBatch& rows);

}  // namespace nexus_mirror::store
