#include "store/past/change_values.h"

#include <rapidjson/document.h>

#include "nexus_mirror/error.h"
#include "text/number.h"

namespace nexus_mirror::store {
namespace {

[[noreturn]] void throw_damaged() {
  throw Error(ErrorCode::machine, "reading", "the history of the mirror",
              "a change in it is not as the mirror writes them",
              "run 'nexus-mirror verify'; what came after that change can be answered");
}

// Behind the string that begins at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  throw_damaged();
}

// Behind the value that begins at `at`.
std::size_t end_of_value(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = end_of_string(json, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;  // of what it is in
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  throw_damaged();
}

char at_or_damaged(std::string_view json, std::size_t at) {
  if (at >= json.size()) throw_damaged();
  return json[at];
}

std::string unescaped(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsString()) throw_damaged();
  return {document.GetString(), document.GetStringLength()};
}

Value number(std::string_view json) {
  if (json.find_first_of(".eE") == json.npos) {
    if (const auto integer = text::parse_number<std::int64_t>(json)) return *integer;
  }
  if (const auto real = text::parse_number<double>(json)) return *real;
  throw_damaged();
}

}  // namespace

void for_each_member(
    std::string_view json,
    const std::function<void(std::string_view name, std::string_view value)>& take) {
  std::size_t at = 0;
  if (at_or_damaged(json, at++) != '{') throw_damaged();
  while (at_or_damaged(json, at) != '}') {
    if (json[at] == ',') ++at;
    const std::size_t name = at;
    if (at_or_damaged(json, at) != '"') throw_damaged();
    at = end_of_string(json, at);
    const std::size_t value = at + 1;
    if (at_or_damaged(json, at) != ':') throw_damaged();
    at = end_of_value(json, value);
    take(json.substr(name + 1, value - name - 3), json.substr(value, at - value));
  }
}

void for_each_item(std::string_view json, const std::function<void(std::string_view item)>& take) {
  std::size_t at = 0;
  if (at_or_damaged(json, at++) != '[') throw_damaged();
  while (at_or_damaged(json, at) != ']') {
    if (json[at] == ',') ++at;
    const std::size_t item = at;
    at = end_of_value(json, item);
    take(json.substr(item, at - item));
  }
}

Value value_in_change(const objects::Field* field, std::string_view json) {
  if (json.empty()) throw_damaged();
  if (json == "null") return {};
  if (field == nullptr || field->json()) return std::string(json);
  if (json.front() == '"') return unescaped(json);
  if (json.front() == '{' || json.front() == '[') return std::string(json);
  if (json == "true" || json == "false") return std::int64_t{json == "true"};
  Value value = number(json);
  // A column of the type REAL makes 3.0 of 3 by itself, and so does this.
  if (objects::sql_type(field->kind) == "REAL") {
    if (const auto* integer = std::get_if<std::int64_t>(&value))
      return static_cast<double>(*integer);
  }
  return value;
}

}  // namespace nexus_mirror::store
