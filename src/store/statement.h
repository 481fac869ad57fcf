// A prepared statement that binds and reads cells without copies. SQLiteCpp opens the database
// (store/database); its own Statement binds text only up to the first NUL or by copying, which the
// path of every row cannot afford.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "objects/row_batch.h"

struct sqlite3_stmt;

namespace nexus_mirror::store {

class Database;

// One thread at a time. Text that is bound must stay until the next reset(). What goes wrong is
// thrown as Database::fail() says it.
class Statement {
 public:
  Statement() = default;
  // `database` outlives it and stays where it is.
  Statement(const Database& database, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  explicit operator bool() const { return statement_ != nullptr; }

  // Parameters count from 1.
  Statement& bind(int parameter, const objects::Cell& cell);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, const std::optional<std::int64_t>& value);  // nullopt = NULL
  Statement& bind(int parameter, const std::optional<std::string>& text);    // the same
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  // True while there is a row.
  bool step();
  // step() to the end, then reset().
  void run();
  void reset();

  // Columns count from 0; text is valid until the next step() or reset().
  objects::Cell column(int index) const;
  std::int64_t integer(int index) const;
  std::string_view text(int index) const;  // of a BLOB as well
  bool null(int index) const;
  std::optional<std::int64_t> optional_integer(int index) const;  // nullopt = NULL
  std::optional<std::string_view> optional_view(int index) const;
  std::optional<std::string> optional_text(int index) const;  // a copy, which outlives the row
  int columns() const;
  std::string_view name(int index) const;  // of the column, as the SQL calls it

 private:
  void check(int code) const;

  const Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement when the scope ends, whatever happens.
class ResetGuard {
 public:
  explicit ResetGuard(Statement& statement) : statement_(statement) {}
  ~ResetGuard() { statement_.reset(); }
  ResetGuard(const ResetGuard&) = delete;
  ResetGuard& operator=(const ResetGuard&) = delete;

 private:
  Statement& statement_;
};

}  // namespace nexus_mirror::store
