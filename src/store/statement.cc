#include "store/statement.h"

#include <sqlite3.h>

#include <utility>

#include "store/database.h"

namespace nexus_mirror::store {

using objects::Cell;

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
  check(sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
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
  database_->fail(code);
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

Statement& Statement::bind(int parameter, const std::optional<std::int64_t>& value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

Statement& Statement::bind(int parameter, const std::optional<std::string>& text) {
  return text ? bind(parameter, std::string_view(*text)) : bind_null(parameter);
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
  // Of every cell of every row: to look the column up once is a third of three times.
  sqlite3_value* const value = sqlite3_column_value(statement_, index);
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return Cell::of(std::int64_t{sqlite3_value_int64(value)});
    case SQLITE_FLOAT:
      return Cell::of(sqlite3_value_double(value));
    case SQLITE_NULL:
      return {};
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      if (bytes == nullptr) return Cell::of(std::string_view());
      return Cell::of(
          std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))));
    }
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

std::optional<std::int64_t> Statement::optional_integer(int index) const {
  return null(index) ? std::nullopt : std::optional<std::int64_t>(integer(index));
}

std::optional<std::string_view> Statement::optional_view(int index) const {
  return null(index) ? std::nullopt : std::optional(text(index));
}

std::optional<std::string> Statement::optional_text(int index) const {
  return null(index) ? std::nullopt : std::optional<std::string>(text(index));
}

int Statement::columns() const { return sqlite3_column_count(statement_); }

std::string_view Statement::name(int index) const { return sqlite3_column_name(statement_, index); }

}  // namespace nexus_mirror::store
