// What a named query finds: typed rows, one at a time, so that no offset into a list of columns
// leaves the file that the query stands in.
#pragma once

#include <string_view>
#include <utility>

#include "store/statement.h"

namespace nexus_mirror::store {

// The rows of a query in its order. A row's texts live until the next one is asked for; texts that
// a query was made with must stay until the last. One thread at a time; ends before the Snapshot
// does.
template <typename Row>
class Rows {
 public:
  // Fills `row` from the columns that the query stands on.
  using Read = void (*)(const Statement& columns, Row& row);

  Rows(Statement query, Read read) : query_(std::move(query)), read_(read) {}

  // False after the last row; not to be called again then. Throws Error: mirror, interrupted.
  bool next(Row& row) {
    if (!query_.step()) {
      query_.reset();
      return false;
    }
    read_(query_, row);
    return true;
  }

 protected:
  Statement query_;

 private:
  Read read_;
};

// The rows of one owner after the other: of an asset, say.
template <typename Row>
class RowsOf : public Rows<Row> {
 public:
  using Rows<Row>::Rows;

  // Begins with those of `owner`, whatever is left of the one before. `owner` must stay until the
  // last row.
  void select(std::string_view owner) {
    this->query_.reset();
    this->query_.bind(1, owner);
  }
};

}  // namespace nexus_mirror::store
