// Tables of the mirror as they were, as virtual tables of SQLite.
//
// A table of then is the table of now without the rows that have changed since, and with those rows
// as they were. Nothing else is built: what is as it was is read from the mirror, through its own
// indexes, so that a question about yesterday costs what it costs today and what changed since. A
// view that is a UNION of both would do, were it not for joins: there SQLite would build the whole
// table anew for each question, and every column of each row.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "objects/table.h"
#include "store/database.h"

namespace nexus_mirror::store {

// Where the rows of one table of then are. Those of now are `main.<name>`; those that have changed
// since, as they were, `temp.then_<name>`, with the rowid that they have, or would have, in `row`.
struct PastTable {
  explicit PastTable(const objects::Table& of);

  const objects::Table& table;
  std::vector<std::string> columns;                  // with `extra`
  std::vector<std::vector<std::size_t>> by_columns;  // of its indexes, places in `columns`
  // SQL that is true for a row `m` of now that is as it was, but for those whose rowids are among
  // the rows of then where `hides_rows`. All settled before the first row is read.
  std::string as_it_was = "1";
  bool has_then_rows = false;  // temp.then_<name> is there
  bool hides_rows = false;     // and temp.then_<name>_rows
  std::int64_t rows = 0;       // about how many there are
};

// A connection's tables of then, by name; a table that is no longer in the map is no longer asked
// for.
class PastTables {
 public:
  // This outlives the connection's use of its tables. Statements that a table prepares for itself
  // are prepared while inside() is true: an authorizer lets them see the present.
  explicit PastTables(Database& database);

  PastTable& add(const objects::Table& table);  // CREATE VIRTUAL TABLE temp.<name>
  void remove(std::string_view name);           // DROP it
  PastTable* find(std::string_view name);
  bool inside() const { return inside_; }

  // While it lives, inside() is true.
  class Inside {
   public:
    explicit Inside(PastTables& tables) : tables_(tables), before_(tables.inside_) {
      tables.inside_ = true;
    }
    ~Inside() { tables_.inside_ = before_; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    PastTables& tables_;
    const bool before_;
  };

 private:
  Database& database_;
  std::map<std::string, PastTable, std::less<>> tables_;
  bool inside_ = false;
};

}  // namespace nexus_mirror::store
