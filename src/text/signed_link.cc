#include "text/signed_link.h"

#include <algorithm>
#include <chrono>

#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::text {
namespace {

std::string_view query_of(std::string_view link) {
  const std::size_t at = link.find('?');
  return at == std::string_view::npos ? std::string_view() : link.substr(at + 1);
}

// Hands "key" and "value" of each part of a query to `take` until that returns true. A ';' parts as
// '&' does, and a '?' too: a link may stand in the query of another as it is.
template <typename Take>
bool any_parameter(std::string_view query, const Take& take) {
  while (!query.empty()) {
    // Three searches for a byte each: one for any of the three takes each byte by a call.
    const std::size_t end =
        std::min({query.find('&'), query.find(';'), query.find('?'), query.size()});
    const std::string_view part = query.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && take(part.substr(0, equals), part.substr(equals + 1))) {
      return true;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

// What a scheme of signing says of a link's life; a name that comes twice counts the first time.
struct Life {
  std::string_view prefix;  // of its keys
  std::string_view date = {}, expires = {};

  void take(std::string_view key, std::string_view value) {
    if (!equal_ignoring_case(key.substr(0, prefix.size()), prefix)) return;
    key.remove_prefix(prefix.size());
    if (date.empty() && equal_ignoring_case(key, "Date")) date = value;
    if (expires.empty() && equal_ignoring_case(key, "Expires")) expires = value;
  }
};

bool is_signature(std::string_view key) {
  constexpr std::string_view kSuffix = "-signature";
  return equal_ignoring_case(key, "sig") || equal_ignoring_case(key, kSuffix.substr(1)) ||
         (key.size() > kSuffix.size() &&
          equal_ignoring_case(key.substr(key.size() - kSuffix.size()), kSuffix));
}

// "20240125T100924Z" as UNIX seconds.
std::optional<std::int64_t> basic_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t length) {
    return parse_number<unsigned>(text.substr(at, length));
  };
  const auto y = part(0, 4), mo = part(4, 2), d = part(6, 2), h = part(9, 2), mi = part(11, 2),
             s = part(13, 2);
  if (!y || !mo || !d || !h || !mi || !s) return std::nullopt;
  using namespace std::chrono;
  const year_month_day date{year(static_cast<int>(*y)), month(*mo), day(*d)};
  if (!date.ok()) return std::nullopt;
  return sys_days(date).time_since_epoch().count() * 86400LL + *h * 3600 + *mi * 60 + *s;
}

}  // namespace

std::string_view link_base(std::string_view link) { return link.substr(0, link.find('?')); }

bool is_signed(std::string_view text) {
  if (text.size() < 4 || !equal_ignoring_case(text.substr(0, 4), "http")) return false;
  return any_parameter(query_of(text),
                       [](std::string_view key, std::string_view) { return is_signature(key); });
}

std::string_view without_signature(std::string_view text) {
  return is_signed(text) ? link_base(text) : text;
}

std::string without_link_queries(std::string text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n\"'<>)", at), text.size());
    const std::size_t query = text.find('?', at);
    if (query < end) text.erase(query, end - query);
  }
  return text;
}

std::optional<std::int64_t> link_expiry(std::string_view link) {
  Life lives[] = {{"X-Goog-"}, {"X-Amz-"}};
  any_parameter(query_of(link), [&](std::string_view key, std::string_view value) {
    for (Life& life : lives) life.take(key, value);
    return false;
  });
  for (const Life& life : lives) {
    const auto date = basic_date(life.date);
    const auto seconds = parse_number<int>(life.expires);
    if (date && *date > 0 && seconds) return (*date + *seconds) * 1000;
  }
  return std::nullopt;
}

}  // namespace nexus_mirror::text
