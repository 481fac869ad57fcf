// Rows of one table: looked up, compared, inserted, updated, deleted, with their child lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "objects/row_batch.h"
#include "store/statement.h"

namespace nexus_mirror::store {

// How a row of a page relates to the mirror.
enum class Difference { none, insert, update, renew_link };

// One thread at a time. The SQL of all calls is made from the table's field list.
class TableWriter {
 public:
  TableWriter(sqlite3* database, const objects::Table& table);

  const objects::Table& table() const { return table_; }

  // Inserts row `index` with its items and returns its rowid; 0 when a row with its key is there.
  std::int64_t insert(const objects::RowBatch& rows, std::size_t index);

  // Looks up the row with the key of row `index`; then current() is it. 0 = none.
  std::int64_t find(const objects::RowBatch& rows, std::size_t index);
  std::int64_t load(std::int64_t rowid);  // the same by rowid

  // The row found last, as a batch of one row (valid until the next find or load).
  const objects::RowBatch& current() const { return current_; }

  // Compares row `index` with current(). A link is the same when all but its query is, as long as
  // what is stored lives past `renew_before` (UNIX ms); `changed` receives the columns that
  // differ, and table().fields.size() + 1 + list for each child list that does.
  Difference compare(const objects::RowBatch& rows, std::size_t index, std::int64_t renew_before,
                     std::vector<std::size_t>& changed) const;

  // Writes row `index` over the one at `rowid`. With a link that needs no renewal the stored one
  // stays: `keep_links`.
  void update(const objects::RowBatch& rows, std::size_t index, std::int64_t rowid, bool keep_links,
              const std::vector<std::size_t>& changed);

  void remove(std::int64_t rowid);  // current() must be the row

 private:
  void insert_items(const objects::RowBatch& rows, std::size_t index, std::size_t list);
  void remove_items(std::size_t list, objects::Cell parent);
  void read_current(Statement& statement);

  struct ChildStatements {
    Statement insert, remove, select;
  };

  sqlite3* database_;
  const objects::Table& table_;
  std::size_t columns_;
  std::vector<std::size_t> key_;
  Statement insert_, find_, load_, update_, remove_;
  std::vector<ChildStatements> children_;
  objects::RowBatch current_;
};

}  // namespace nexus_mirror::store
