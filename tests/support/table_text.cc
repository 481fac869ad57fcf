#include "support/table_text.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace nexus_mirror::testing {
namespace {

// Quotes doubled, so that a text ends where it seems to.
void append_text(std::string_view text, std::string& to) {
  to += '\'';
  for (std::size_t quote; (quote = text.find('\'')) != std::string_view::npos;) {
    to.append(text.substr(0, quote + 1)) += '\'';
    text.remove_prefix(quote + 1);
  }
  to.append(text) += '\'';
}

void append_blob(std::string_view bytes, std::string& to) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  to += "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    to += kDigits[byte >> 4];
    to += kDigits[byte & 15];
  }
  to += '\'';
}

// The fewest digits that give the same bits again, and always a sign that it is no integer.
void append_real(double value, std::string& to) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const std::string_view text(digits, static_cast<std::size_t>(end - digits));
  to.append(text);
  if (text.find_first_of(".en") == std::string_view::npos) to += ".0";  // "inf" has its n
}

void append_value(sqlite3_stmt* row, int column, Texts texts, std::string& to) {
  const int type = sqlite3_column_type(row, column);
  if (type == SQLITE_NULL) {
    to += "NULL";
  } else if (type == SQLITE_INTEGER) {
    to += std::to_string(sqlite3_column_int64(row, column));
  } else if (type == SQLITE_FLOAT) {
    append_real(sqlite3_column_double(row, column), to);
  } else {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(row, column));
    const std::string_view value(bytes,
                                 static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
    if (type == SQLITE_BLOB) return append_blob(value, to);
    append_text(texts == Texts::whole ? value : value.substr(0, value.find('\0')), to);
  }
}

}  // namespace

std::string table_text(sqlite3* database, const std::string& name, const std::string& select,
                       Texts texts) {
  const auto fail = [&] { throw std::runtime_error(sqlite3_errmsg(database)); };
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(database, select.c_str(), -1, &prepared, nullptr) != SQLITE_OK) fail();
  const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> row(prepared, sqlite3_finalize);
  const int columns = sqlite3_column_count(prepared);
  thread_local std::string rows;  // kept: memory that is new each time costs more than the rows
  rows.clear();
  std::vector<std::size_t> ends;
  int status = SQLITE_OK;
  while ((status = sqlite3_step(prepared)) == SQLITE_ROW) {
    rows.append(name) += ':';
    for (int column = 0; column < columns; ++column) {
      rows += column == 0 ? ' ' : ',';
      append_value(prepared, column, texts, rows);
    }
    rows += '\n';
    ends.push_back(rows.size());
  }
  if (status != SQLITE_DONE) fail();

  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    lines.push_back(std::string_view(rows).substr(begin, end - begin));
    begin = end;
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  text.reserve(rows.size());
  for (const std::string_view line : lines) text += line;
  return text;
}

}  // namespace nexus_mirror::testing
