// Rows of a page as bytes, for those that wait in the mirror for their place in a table.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "objects/row_batch.h"
#include "text/digest.h"

namespace nexus_mirror::store {

// Of the rows at `places` of a batch, in that order, with their lists.
std::string rows_to_blob(const objects::RowBatch& rows, const std::vector<std::size_t>& places);

// Adds one cell to such bytes.
void append_cell(std::string& bytes, const objects::Cell& cell);

// SHA-256 of the bytes that rows_to_blob() makes of all rows: 32 bytes. For tables without lists.
class RowDigest {
 public:
  void add(const objects::Cell& cell);
  std::string take();  // once, at the end

 private:
  text::Sha256 digest_;
  std::string bytes_;  // not digested yet
};
std::string digest_of(const objects::RowBatch& rows);

// Adds those rows to `rows`, whose table is theirs. Throws Error(machine) when the bytes are none
// that rows_to_blob() made for it.
void rows_from_blob(std::string_view bytes, objects::RowBatch& rows);

}  // namespace nexus_mirror::store
