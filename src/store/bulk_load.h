// How the rows of a first listing come into their table at a cost that does not grow with it.
//
// Ids come in no order. A row that goes into a table with indexes changes a page at a random place
// of each, and as soon as they are larger than the cache a page is read and written for every row
// and index. So rows of many (Storage::bulk) come without:
//
//   table   nothing was there when the load began: its indexes are put away, rows are appended in
//           the order of their arrival, and each index is made at the end, of sorted keys. Readers
//           see the rows as they come.
//   aside   other projects have rows there, whose readers need the indexes: the pages wait, as they
//           came, in `incoming`. In one transaction at the listing's end they get their places, and
//           the indexes are made anew.
//   direct  few rows, as ever.
//
// Each page and its cursor are one transaction in all three. Without indexes a row cannot be looked
// up, and a listing may bring one twice while others edit: rows whose id a Bloom filter may have
// met are doubtful, wait in `incoming`, and are compared at the end with what there is.
#pragma once

#include <cstdint>
#include <functional>

#include "store/listings.h"
#include "store/session.h"
#include "store/tables.h"

namespace nexus_mirror::store {

// One thread at a time; all throw as Database does.
class BulkLoad {
 public:
  BulkLoad(Session& session, Tables& tables) : session_(session), tables_(tables) {}

  // The rows of a page of a first listing, inside the transaction that keeps its cursor.
  RowCounts take(Listing& listing, const objects::RowBatch& rows);
  // Whether rows wait that settle() is to give their places.
  bool waits(const Listing& listing);
  // Gives them their places, inside a transaction. Throws Error(interrupted) when Session::go_on
  // says so.
  RowCounts settle(Listing& listing);
  // What waits is dropped, inside a transaction; the listing begins anew.
  void drop(Listing& listing);

 private:
  void choose(Listing& listing);
  void drop_orphans(const Listing& listing);
  void remember_keys(Listing& listing, std::int64_t keys);
  void keep_aside(Listing& listing, const objects::RowBatch& rows,
                  const std::vector<std::size_t>& places, bool doubtful);
  using TakePage = std::function<void(const objects::RowBatch& rows)>;
  void for_each_page(const Listing& listing, bool doubtful, const TakePage& take);
  void forget_pages(const Listing& listing);
  std::int64_t rows_aside(const Listing& listing);
  RowCounts put_in_places(Listing& listing);
  RowCounts settle_doubtful(Listing& listing);
  void go_on() const;

  Session& session_;
  Tables& tables_;
};

}  // namespace nexus_mirror::store
