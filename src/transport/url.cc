#include <algorithm>

#include "nexus_mirror/transport.h"
#include "text/ascii.h"
#include "text/number.h"
#include "transport/http_date.h"

namespace nexus_mirror {
namespace {

// Long enough for any server's wish, short enough to be added to a clock without overflow.
constexpr std::int64_t kLongestWaitMs = 10LL * 365 * 24 * 3600 * 1000;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string without_query(std::string_view url) {
  return std::string(url.substr(0, url.find_first_of("?#")));
}

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_ms) {
  value = trimmed(value);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), text::is_digit)) {
    const auto seconds = text::parse_number<std::int64_t>(value);
    return seconds ? std::min(*seconds, kLongestWaitMs / 1000) * 1000 : kLongestWaitMs;
  }
  const auto date = transport::parse_http_date(std::string(value));
  if (!date) return std::nullopt;
  return std::clamp<std::int64_t>(*date - now_ms, 0, kLongestWaitMs);
}

}  // namespace nexus_mirror
