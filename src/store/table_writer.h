// Rows of one table: looked up, compared, inserted, updated, deleted, with their child lists.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "objects/row_batch.h"
#include "store/database.h"
#include "store/item_scan.h"
#include "store/seen_rows.h"

namespace nexus_mirror::store {

// How a row of a page relates to the mirror.
enum class Difference { none, insert, update, renew_link };

// One thread at a time. The SQL of all calls is made from the table's field list.
class TableWriter {
 public:
  // `database` outlives it.
  TableWriter(Database& database, const objects::Table& table);

  const objects::Table& table() const { return table_; }

  // Inserts row `index` with its items and returns its rowid; 0 when a row with its key is there.
  std::int64_t insert(const objects::RowBatch& rows, std::size_t index);

  // The same of a row that is not there, nor anything of its key.
  std::int64_t append(const objects::RowBatch& rows, std::size_t index);

  // Looks up the row with the key of row `index`; then current() is it. 0 = none.
  std::int64_t find(const objects::RowBatch& rows, std::size_t index);
  std::int64_t load(std::int64_t rowid);  // the same by rowid

  // The same for the rows of a page, one after the other, between follow() and leave(). Rows are
  // expected in the order of rowids, the first behind `rowid`: then no index is asked and no text
  // copied, and the rows behind each other are one scan. Others are looked up, and the scan goes on
  // behind them. Nothing may be written before leave(), which makes current() void.
  void follow(std::int64_t rowid);
  std::int64_t find_next(const objects::RowBatch& rows, std::size_t index);
  void leave();

  // SHA-256 of the rows of these runs, as row_blob.h has it of those of a page; empty where one of
  // them is not there.
  std::string digest_of(const RowRuns& runs);

  // The row found last, as a batch of one row (valid until the next find or load).
  const objects::RowBatch& current() const { return current_; }

  // Compares row `index` with current(). A link is the same when all but its query is, whenever it
  // dies; it is to be renewed when what is stored dies before `renew_before` (UNIX ms; the greatest
  // number = all), or does not say when and the other does. `changed` receives the columns that
  // differ, and table().columns() + list for each child list that does.
  Difference compare(const objects::RowBatch& rows, std::size_t index, std::int64_t renew_before,
                     std::vector<std::size_t>& changed);

  // Writes row `index` over current(), which stands at `rowid`. A link that compare() found to be
  // the same and in no need of renewal stays as it is stored.
  void update(const objects::RowBatch& rows, std::size_t index, std::int64_t rowid,
              const std::vector<std::size_t>& changed);

  // Removes current(), its lists and the rows that depend on it.
  void remove(std::int64_t rowid);

 private:
  std::int64_t insert_row(const objects::Cell* row);
  void insert_items(const objects::RowBatch& rows, std::size_t index, std::size_t list);
  void remove_items(std::size_t list, const objects::Cell* parent);
  int bind_parent(std::size_t list, Statement& statement, const objects::Cell* parent) const;
  bool at_key_of(const objects::Cell* row) const;
  void view_current(Statement& statement);
  void read_current(Statement& statement);
  void read_lists(bool in_order);
  void look_items_up(std::size_t list);

  struct ChildStatements {
    bool by_project = false;  // ids of parents are of a project
    Statement insert, remove, select;
    std::unique_ptr<ItemScan> scan;  // null = none is of use; then `select` begins with the rowid
  };

  Database& database_;
  const objects::Table& table_;
  const std::size_t columns_;
  std::vector<std::size_t> key_;
  int id_ = -1, project_ = -1, link_ = -1, expiry_ = -1;  // columns; -1 = none
  bool keep_link_ = false;                                // what compare() found of it
  Statement insert_, find_, load_, next_, update_, remove_;
  std::int64_t place_ = 0;  // the rowid that the scan is behind
  enum class Scan { none, at_row, behind_row, at_end } scan_ = Scan::none;
  int misses_ = 0;             // since the scan held the row that was asked for
  std::int64_t in_order_ = 0;  // rows that it held
  std::vector<ChildStatements> children_;
  std::vector<Statement> dependents_;
  objects::RowBatch current_;
};

}  // namespace nexus_mirror::store
