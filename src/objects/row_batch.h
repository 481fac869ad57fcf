// Decoded rows of one table on their way from a page to the mirror.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "objects/table.h"

namespace nexus_mirror::objects {

// One value of a row. Text is not owned: it lives in the batch's arena, or in whatever the reader
// of a database says.
struct Cell {
  enum class Type : std::uint8_t { null, integer, real, text };

  Type type = Type::null;
  std::uint32_t size = 0;  // of text, bytes
  union {
    std::int64_t integer = 0;
    double real;
    const char* data;
  };

  static Cell of(std::int64_t value) {
    Cell cell;
    cell.type = Type::integer;
    cell.integer = value;
    return cell;
  }
  static Cell of(double value) {
    Cell cell;
    cell.type = Type::real;
    cell.real = value;
    return cell;
  }
  static Cell of(std::string_view value) {
    Cell cell;
    cell.type = Type::text;
    cell.size = static_cast<std::uint32_t>(value.size());
    cell.data = value.data();
    return cell;
  }

  bool null() const { return type == Type::null; }
  std::string_view text() const {
    return type == Type::text ? std::string_view(data, size) : std::string_view();
  }

  // Same type and same value; reals by their bits, so that -0.0 and 0.0 differ.
  bool operator==(const Cell& other) const {
    if (type != other.type) return false;
    switch (type) {
      case Type::null:
        return true;
      case Type::integer:
        return integer == other.integer;
      case Type::real:
        return std::bit_cast<std::uint64_t>(real) == std::bit_cast<std::uint64_t>(other.real);
      case Type::text:
        return size == other.size && std::memcmp(data, other.data, size) == 0;
    }
    return false;
  }
};

// Rows of one child list, for all rows of a batch. Columns are those of item_field(), then `extra`.
struct ChildRows {
  std::size_t columns = 0;
  std::vector<Cell> cells;
  std::vector<std::size_t> ends;  // per row of the batch: end of its items, counted in items

  std::size_t begin_of(std::size_t row) const { return row == 0 ? 0 : ends[row - 1]; }
  std::size_t end_of(std::size_t row) const { return ends[row]; }
  const Cell* item(std::size_t index) const { return cells.data() + index * columns; }
};

// Rows of one table with the text they need. Not thread-safe; movable from thread to thread.
// The columns of a row are Table::fields in order, then `extra` where the table has it.
class RowBatch {
 public:
  explicit RowBatch(const Table& table);
  RowBatch(RowBatch&&) = default;
  RowBatch& operator=(RowBatch&&) = delete;

  const Table& table() const { return *table_; }
  std::size_t columns() const { return columns_; }
  std::size_t size() const { return rows_; }
  bool empty() const { return rows_ == 0; }

  // Adds a row of NULLs; every child list of it is empty until items are added.
  void add_row();
  // Takes the last row away again, with its items.
  void drop_row();
  // Takes away all rows and their text.
  void reset();
  // Takes away all rows but the first `count`.
  void truncate(std::size_t count);

  Cell* row(std::size_t index) { return cells_.data() + index * columns_; }
  const Cell* row(std::size_t index) const { return cells_.data() + index * columns_; }
  Cell& last(std::size_t column) { return cells_[(rows_ - 1) * columns_ + column]; }

  // Copies `text` into the arena.
  Cell text(std::string_view text);

  // Adds an item to child list `list` of the last row and returns its cells, all NULL.
  Cell* add_item(std::size_t list);
  ChildRows& children(std::size_t list) { return children_[list]; }
  const ChildRows& children(std::size_t list) const { return children_[list]; }

 private:
  const Table* table_;
  std::size_t columns_;
  std::size_t rows_ = 0;
  std::vector<Cell> cells_;
  std::vector<ChildRows> children_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
};

// Columns that an item of `list` says itself, `extra` included: not the parent's key and project,
// nor `position`, which is its place.
std::size_t item_columns(const ChildList& list);
// The field of item column `index`; nullptr for `extra`.
const Field* item_field(const ChildList& list, std::size_t index);

}  // namespace nexus_mirror::objects
