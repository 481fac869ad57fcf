// A prepared statement that binds and reads cells without copies, and what goes wrong in SQLite as
// an Error. SQLiteCpp opens and configures the database; its Statement binds text only up to the
// first NUL or by copying, which the path of every row cannot afford.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "objects/row_batch.h"

struct sqlite3;
struct sqlite3_stmt;

namespace nexus_mirror::store {

// Throws what `code`, a result of SQLite, means for the user: Error(mirror), or Error(interrupted)
// for a statement that was told to stop. `path` is the database's file.
[[noreturn]] void throw_sqlite(int code, const std::string& path, const std::string& doing,
                               const char* message);

// One thread at a time. Text that is bound must stay until the next reset().
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, const std::string& sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  explicit operator bool() const { return statement_ != nullptr; }

  // Parameters count from 1.
  Statement& bind(int parameter, const objects::Cell& cell);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  // True while there is a row. Throws Error(mirror).
  bool step();
  // step() to the end, then reset().
  void run();
  void reset();

  // Columns count from 0; text is valid until the next step() or reset().
  objects::Cell column(int index) const;
  std::int64_t integer(int index) const;
  std::string_view text(int index) const;  // of a BLOB as well
  bool null(int index) const;

 private:
  void check(int code) const;

  sqlite3* database_ = nullptr;
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
