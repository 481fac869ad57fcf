// Read-only access to a mirror with SQL, for the commands that print and for anybody's queries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nexus_mirror::store {

// NULL, integer, real, text. A BLOB comes as text: its bytes in lower-case hexadecimal.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Value>;
using Parameters = std::vector<std::pair<std::string, Value>>;  // name without ':' and value

// The newest PRAGMA user_version that this build reads and writes.
int latest_schema_version();

// One connection that can change nothing: opened SQLITE_OPEN_READONLY, with an authorizer that
// refuses everything but reading (ATTACH, PRAGMA with a value, load_extension() among the rest),
// leaving -wal and -shm in place when it closes. One thread at a time.
class Reader {
 public:
  // Throws Error(mirror) when `database` is missing, damaged, no mirror, or written by a newer
  // version; the text says what to do.
  explicit Reader(const std::filesystem::path& database);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Runs one statement. `columns` is called once before the first row (also when there is none),
  // `row` for each row until it returns false. What they throw passes through. Parameters are
  // found as :NAME, @NAME or $NAME, those of ? and ?N by their number ("1"); a ? in the SQL that
  // has no value given is an error. Throws Error: usage (SQL that does not parse or run, that
  // would write, more than one statement, a parameter that the statement has not or that was not
  // given), mirror (damage, locked).
  void query(std::string_view sql, const Parameters& parameters,
             const std::function<void(const std::vector<std::string>&)>& columns,
             const std::function<bool(const Row&)>& row);

  // The same, all rows at once: for results known to be small.
  std::vector<Row> rows(std::string_view sql, const Parameters& parameters = {});

  int schema_version();  // PRAGMA user_version

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace nexus_mirror::store
