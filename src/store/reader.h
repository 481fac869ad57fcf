// Read-only access to a mirror with SQL of the user's own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/database.h"
#include "store/past/as_of.h"
#include "store/value.h"

namespace nexus_mirror::store {

class Past;

// Values of a result; a BLOB comes as text: its bytes in lower-case hexadecimal.
using Parameters = std::vector<std::pair<std::string, Value>>;  // name without ':' and value

// One connection that can change nothing: opened SQLITE_OPEN_READONLY, with an authorizer that
// refuses everything but reading (ATTACH, PRAGMA with a value, load_extension() among the rest),
// leaving -wal and -shm in place when it closes. One thread at a time.
class Reader {
 public:
  // Throws Error(machine) when the file is missing, damaged, no mirror, or written by a newer
  // version; the text says what to do.
  explicit Reader(const MirrorFile& file);
  ~Reader();

  // The moment that queries see from now on; once. Throws what Past throws.
  void go_back(const AsOf& as_of);
  Database& database() { return database_; }

  // Runs one statement of the user's. `columns` is called once before the first row (also when
  // there is none), `row` for each row until it returns false. What they throw passes through.
  // Parameters are found as :NAME, @NAME or $NAME, those of ? and ?N by their number ("1"); a ? in
  // the SQL that has no value given is an error. Throws Error: usage (SQL that does not parse or
  // run, that would write, more than one statement, a parameter that the statement has not or that
  // was not given), mirror (damage, locked).
  void query(std::string_view sql, const Parameters& parameters,
             const std::function<void(const std::vector<std::string>&)>& columns,
             const std::function<bool(const Row&)>& row);

 private:
  // What the authorizer noted while a statement was prepared.
  struct Notes {
    bool denied = false;
    // The one pragma that reads although sqlite3_stmt_readonly() says otherwise.
    bool asks_journal_mode = false;
    std::set<std::string> read;  // tables and views
    std::string present;         // table of now that it asks for beside the past
  };
  static int authorize(void* reader, int action, const char* first, const char* second,
                       const char* schema, const char* trigger);
  static bool allowed(Notes& notes, int action, const char* first, const char* second);
  bool is_past(const char* table, const char* schema);

  struct Prepared;
  Prepared prepare(std::string_view sql);
  Prepared prepare_user_sql(std::string_view sql);
  Prepared prepare_explained(std::string_view sql);
  void refuse_present(std::string_view sql);
  bool holds_statement(std::string_view sql);
  [[noreturn]] void fail(int code);

  Database database_;
  Notes notes_;  // of the statement prepared last
  std::unique_ptr<Past> past_;
  bool looks_ = false;  // at what is asked for: nothing runs yet
};

}  // namespace nexus_mirror::store
