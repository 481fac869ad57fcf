#include "store/statement.h"

#include <sqlite3.h>

#include <utility>

#include "nexus_mirror/error.h"

namespace nexus_mirror::store {

using objects::Cell;

void throw_sqlite(int code, const std::string& path, const std::string& doing,
                  const char* message) {
  std::string reason = message != nullptr ? message : sqlite3_errstr(code);
  std::string hint;
  switch (code & 0xff) {
    case SQLITE_FULL:
      reason = "the disk is full";
      hint = "free some space; what was committed before is safe, and the next sync goes on there";
      break;
    case SQLITE_IOERR:
      hint = "look at the disk and its free space; the next sync goes on from the last page";
      break;
    case SQLITE_INTERRUPT:
      throw Error(ErrorCode::interrupted, doing, "mirror " + path, "asked to stop",
                  "the next sync or export goes on from there");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      reason = "it is locked by another program";
      hint = "end the program that writes to it; only nexus-mirror may";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      reason = "it is damaged or no SQLite database (" + reason + ")";
      hint = "restore a backup, or move the file away and run nexus-mirror sync to load it anew";
      break;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      hint = "this user must be able to write the file and its directory";
      break;
    default:
      break;
  }
  throw Error(ErrorCode::mirror, doing, "mirror " + path, reason, hint);
}

Statement::Statement(sqlite3* database, const std::string& sql) : database_(database) {
  check(sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  return *this;
}

void Statement::check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  const char* file = sqlite3_db_filename(database_, "main");
  throw_sqlite(sqlite3_extended_errcode(database_), file != nullptr ? file : "", "using",
               sqlite3_errmsg(database_));
}

Statement& Statement::bind(int parameter, const Cell& cell) {
  switch (cell.type) {
    case Cell::Type::null:
      return bind_null(parameter);
    case Cell::Type::integer:
      return bind(parameter, cell.integer);
    case Cell::Type::real:
      check(sqlite3_bind_double(statement_, parameter, cell.real));
      return *this;
    case Cell::Type::text:
      break;
  }
  return bind(parameter, cell.text());
}

Statement& Statement::bind(int parameter, std::string_view text) {
  check(sqlite3_bind_text64(statement_, parameter, text.data() != nullptr ? text.data() : "",
                            text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, parameter, value));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  check(sqlite3_bind_blob64(statement_, parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(statement_, parameter));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  check(code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  ResetGuard guard(*this);
  while (step()) {
  }
}

void Statement::reset() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

Cell Statement::column(int index) const {
  switch (sqlite3_column_type(statement_, index)) {
    case SQLITE_INTEGER:
      return Cell::of(std::int64_t{sqlite3_column_int64(statement_, index)});
    case SQLITE_FLOAT:
      return Cell::of(sqlite3_column_double(statement_, index));
    case SQLITE_NULL:
      return {};
    default:
      return Cell::of(text(index));
  }
}

std::int64_t Statement::integer(int index) const { return sqlite3_column_int64(statement_, index); }

std::string_view Statement::text(int index) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, index));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, index))};
}

bool Statement::null(int index) const {
  return sqlite3_column_type(statement_, index) == SQLITE_NULL;
}

}  // namespace nexus_mirror::store
