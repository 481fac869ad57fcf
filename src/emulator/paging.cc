#include "emulator/paging.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "emulator/dialect.h"
#include "emulator/synthetic_records.h"
#include "nexus_mirror/error.h"

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

bool read_hex(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size();
}

std::size_t read_limit(const ApiRequest& request, std::size_t max_page) {
  const std::string text = request.query.first("limit").value_or("");
  if (text.empty()) return std::min(kDefaultLimit, max_page);
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size() || limit == 0) {
    throw Error::from_status(400, "paging", request.path, "limit must be a positive number");
  }
  return std::min(limit, max_page);
}

}  // namespace

PageRequest PageRequest::read(const ApiRequest& request, std::size_t max_page) {
  PageRequest page;
  page.limit = read_limit(request, max_page);
  page.scope = scope_of(request);
  const std::string cursor = request.query.first("page").value_or("");
  if (cursor.empty()) return page;
  std::uint64_t hidden = 0, check = 0;
  const bool readable = cursor.size() == kCursorSize && cursor.starts_with("c_") &&
                        read_hex(std::string_view(cursor).substr(2, 16), hidden) &&
                        read_hex(std::string_view(cursor).substr(18), check);
  const std::uint64_t offset = hidden ^ mixed(page.scope);
  if (!readable || check != check_of(page.scope, offset)) {
    throw Error::from_status(400, "paging", request.path, "the page cursor is invalid or expired");
  }
  page.offset = offset;
  return page;
}

std::string PageRequest::cursor(std::size_t at) const {
  std::string text = "c_";
  append_hex(at ^ mixed(scope), 16, text);
  append_hex(check_of(scope, at), 8, text);
  return text;
}

std::string page_head(Dialect dialect, const std::string& next, const std::string& previous) {
  const auto quoted = [](const std::string& cursor) {
    return cursor.empty() ? "null" : "\"" + cursor + "\"";
  };
  return "{\"" + spell(dialect, "nextPage") + "\":" + quoted(next) + ",\"" +
         spell(dialect, "prevPage") + "\":" + quoted(previous) + ",\"data\":[";
}

}  // namespace nexus_mirror::emulator
