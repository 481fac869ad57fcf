#include <algorithm>
#include <charconv>

#include "nexus_mirror/transport.h"
#include "transport/http_date.h"

namespace nexus_mirror {
namespace {

// Long enough for any server's wish, short enough to be added to a clock without overflow.
constexpr std::int64_t kLongestWaitMs = 10LL * 365 * 24 * 3600 * 1000;

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

std::string url_encode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (unreserved(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return encoded;
}

std::string without_query(std::string_view url) {
  return std::string(url.substr(0, url.find_first_of("?#")));
}

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t now_ms) {
  value = trimmed(value);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error != std::errc() || seconds > kLongestWaitMs / 1000) return kLongestWaitMs;
    return seconds * 1000;
  }
  const auto date = transport::parse_http_date(std::string(value));
  if (!date) return std::nullopt;
  return std::clamp<std::int64_t>(*date - now_ms, 0, kLongestWaitMs);
}

}  // namespace nexus_mirror
