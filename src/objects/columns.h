// Columns and lists of a table by their names. Whoever reads many rows looks a place up once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "objects/row_batch.h"

namespace nexus_mirror::objects {

// The place of `column`, `extra` included, among the cells of an item of `list`. Throws
// std::logic_error when there is none.
std::size_t item_column_at(const ChildList& list, std::string_view column);

// The place among `table`'s child lists of the one that `changes` calls `key`; throws as above.
std::size_t list_at(const Table& table, std::string_view key);

// What row `row` says in `column`: text, empty when it is none; a whole number, nullopt when it is
// none.
std::string text_of(const RowBatch& rows, std::size_t row, std::string_view column);
std::optional<std::int64_t> integer_of(const RowBatch& rows, std::size_t row,
                                       std::string_view column);

}  // namespace nexus_mirror::objects
