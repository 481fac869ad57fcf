#include "emulator/paging.h"

#include <algorithm>
#include <vector>

#include "emulator/dialect.h"
#include "emulator/synthetic_records.h"
#include "nexus_mirror/error.h"
#include "text/hex.h"
#include "text/json_writer.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kCursorSize = 26;  // "c_" and 24 digits

std::uint64_t hash(std::string_view text) {
  std::uint64_t value = text.size();
  for (const char c : text) value = mixed(value ^ static_cast<unsigned char>(c));
  return value;
}

// The path and the filters in any order, without what moves from page to page.
std::uint64_t scope_of(const ApiRequest& request) {
  std::vector<std::string_view> parts;
  std::string_view rest = request.query_text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!part.starts_with("page=") && !part.starts_with("limit=")) parts.push_back(part);
  }
  std::sort(parts.begin(), parts.end());
  std::uint64_t scope = hash(request.path);
  for (const std::string_view part : parts) scope = mixed(scope ^ hash(percent_decoded(part)));
  return scope;
}

std::uint64_t check_of(std::uint64_t scope, std::uint64_t offset) {
  return mixed(scope + offset) & 0xffffffffU;
}

std::size_t read_limit(const ApiRequest& request, std::size_t max_page) {
  const std::string text = request.query.first("limit").value_or("");
  if (text.empty()) return std::min(kDefaultLimit, max_page);
  const auto limit = text::parse_number<std::size_t>(text);
  if (!limit || *limit == 0) {
    throw Error::from_status(400, "paging", request.path, "limit must be a positive number");
  }
  return std::min(*limit, max_page);
}

}  // namespace

PageRequest PageRequest::read(const ApiRequest& request, std::size_t max_page) {
  PageRequest page;
  page.limit = read_limit(request, max_page);
  page.scope = scope_of(request);
  const std::string cursor = request.query.first("page").value_or("");
  if (cursor.empty()) return page;
  const bool shaped = cursor.size() == kCursorSize && cursor.starts_with("c_");
  const auto digits = [&](std::size_t at, std::size_t count) {
    return shaped ? text::parse_number<std::uint64_t>(cursor.substr(at, count), 16) : std::nullopt;
  };
  const auto hidden = digits(2, 16), check = digits(18, 8);
  const std::uint64_t offset = hidden.value_or(0) ^ mixed(page.scope);
  if (!hidden || !check || *check != check_of(page.scope, offset)) {
    throw Error::from_status(400, "paging", request.path, "the page cursor is invalid or expired");
  }
  page.offset = offset;
  return page;
}

std::string PageRequest::cursor(std::size_t at) const {
  std::string text = "c_";
  text::append_hex(text, at ^ mixed(scope), 16);
  text::append_hex(text, check_of(scope, at), 8);
  return text;
}

std::string page_head(Dialect dialect, const std::string& next, const std::string& previous) {
  text::JsonWriter json;
  json.begin_object();
  for (const auto& [name, cursor] : {std::pair{"nextPage", &next}, {"prevPage", &previous}}) {
    json.key(spell(dialect, name));
    cursor->empty() ? json.value(nullptr) : json.value(*cursor);
  }
  json.begin_array("data");
  return json.take();
}

}  // namespace nexus_mirror::emulator
