// The lists of rows that are compared in the order in which they lie: groups of assets.
//
// To look the items of each row up in their index costs a page at a random place for each. Where
// those of each row lie one behind the other, in their order, as they are written, the items of
// rows in order are a scan of their table. That they do is seen in one scan of their index, which
// also tells rows that have none. A sync keeps it so: all items of a row are removed before others
// are added. What another program adds meanwhile is seen by the next sync.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "objects/row_batch.h"
#include "store/bloom_filter.h"
#include "store/statement.h"

namespace nexus_mirror::store {

// Of one list of a table. One thread at a time; throws as Database does.
class ItemScan {
 public:
  // Whether the items of such a list can be scanned: their table is ordered by nothing but its
  // rowids, and they by themselves.
  static bool suits(const objects::ChildList& list);

  // `items`: the columns of an item in SQL, parted by ", ". `database` outlives it.
  ItemScan(Database& database, const objects::ChildList& list, const std::string& items);

  // Sees where the items lie, as it is now.
  void learn();
  bool learned() const { return has_items_.has_value(); }

  // Adds the items of the last row of `rows`, which is the parent, to its list; text is copied.
  // False where the scan does not tell them: they have to be looked up.
  bool read(objects::RowBatch& rows, std::size_t list, const objects::Cell& parent,
            const objects::Cell& project);
  // Where the last of them was that was looked up: when that was so of several rows on end, the
  // scan goes on behind it.
  void found(std::int64_t rowid);

  // Items of this row were written.
  void note(const objects::Cell& parent, const objects::Cell& project);
  // Ends the scan for now; before anything is written.
  void leave();

 private:
  bool at(const objects::Cell& parent, const objects::Cell& project) const;
  void step();

  Database& database_;
  const std::string table_, columns_, order_;
  Statement next_;  // rowid, parent, project, items
  static constexpr std::int64_t kStart = std::numeric_limits<std::int64_t>::min();
  std::int64_t place_ = kStart;  // the scan goes on behind it
  enum class At { nowhere, row, end } at_ = At::nowhere;
  std::optional<BloomFilter> has_items_;  // rows that have some; empty = not learned
  bool together_ = false;
  int misses_ = 0;  // rows on end that were looked up
};

}  // namespace nexus_mirror::store
