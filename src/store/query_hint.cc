#include "store/query_hint.h"

#include <algorithm>
#include <set>
#include <vector>

#include "config/spelling.h"
#include "store/schema_doc.h"
#include "text/ascii.h"

namespace nexus_mirror::store {
namespace {

// What stands behind `before`; empty where it is none of that.
std::string_view behind(std::string_view text, std::string_view before) {
  return text.starts_with(before) ? text.substr(before.size()) : std::string_view();
}

std::string_view unqualified(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? name : name.substr(dot + 1);
}

bool is_of_word(char c) { return text::is_letter_or_digit(c) || c == '_'; }

std::set<std::string> words_of(std::string_view sql) {
  std::set<std::string> words;
  std::string word;
  for (const char c : sql) {
    if (is_of_word(c)) {
      word += text::lower(c);
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.insert(word);
  return words;
}

std::string meant_table(std::string_view name) {
  std::vector<std::string_view> tables;
  for (const ColumnDoc& each : schema_documentation()) {
    if (each.column.empty()) tables.push_back(each.table);
  }
  return config::did_you_mean(name, tables,
                              "'nexus-mirror schema' lists every table, view and column");
}

// Of the tables that the query names; where it names none, of all.
std::string meant_column(std::string_view name, std::string_view sql) {
  const std::set<std::string> words = words_of(sql);
  std::vector<std::string_view> named, all;
  std::string_view last;  // table that the query names
  for (const ColumnDoc& each : schema_documentation()) {
    if (each.column.empty()) continue;
    all.push_back(each.column);
    if (!words.contains(std::string(each.table))) continue;
    named.push_back(each.column);
    last = each.table;
  }
  const std::string table = last.empty() ? "TABLE" : std::string(last);
  return config::did_you_mean(
      name, named.empty() ? all : named,
      "'nexus-mirror schema " + table + "' lists columns; a text stands in 'single quotes'");
}

std::string meant_keyword(std::string_view word) {
  static constexpr std::string_view kKeywords[] = {
      "SELECT", "FROM",  "WHERE", "GROUP", "ORDER",    "HAVING", "LIMIT",  "JOIN", "LEFT",
      "INNER",  "UNION", "AND",   "OR",    "DISTINCT", "LIKE",   "OFFSET", "WITH", "BETWEEN"};
  for (const std::string_view keyword : kKeywords) {
    if (text::equal_ignoring_case(word, keyword)) {
      return "something is missing or too much right before it";
    }
  }
  return config::did_you_mean(word, kKeywords);
}

}  // namespace

std::string query_hint(std::string_view reason, std::string_view sql) {
  if (const auto table = behind(reason, "no such table: "); !table.empty()) {
    return meant_table(unqualified(table));
  }
  if (const auto column = behind(reason, "no such column: "); !column.empty()) {
    return meant_column(unqualified(column), sql);
  }
  constexpr std::string_view kEnd = "\": syntax error";
  if (const auto near = behind(reason, "near \""); near.ends_with(kEnd)) {
    return meant_keyword(near.substr(0, near.size() - kEnd.size()));
  }
  if (reason == "incomplete input") return "the SQL ends too early: is a bracket or a quote open?";
  if (reason.starts_with("unrecognized token: ")) {
    return "is a quote open? A text stands in 'single quotes'";
  }
  if (const auto function = behind(reason, "no such function: "); !function.empty()) {
    return "SQLite has none of that name: sqlite.org/lang_corefunc.html";
  }
  return {};
}

}  // namespace nexus_mirror::store
