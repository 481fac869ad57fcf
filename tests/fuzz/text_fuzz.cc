// Small texts that others wrote: dates and waits of HTTP, moments, durations, sizes, addresses,
// signed links, CSV, patterns, JSON with half characters.
//
// Input: a byte for which, then the text.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "cli/moment.h"
#include "cli/text.h"
#include "fuzz/target.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "text/address.h"
#include "text/caseless.h"
#include "text/csv.h"
#include "text/expression.h"
#include "text/json.h"
#include "text/match.h"
#include "text/moment.h"
#include "text/number.h"
#include "text/percent.h"
#include "text/quantity.h"
#include "text/signed_link.h"
#include "text/utf8.h"
#include "transport/http_date.h"
#include "transport/origin.h"

namespace nexus_mirror::fuzz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000;

void http_date(std::string_view input) {
  const auto date = transport::parse_http_date(std::string(input));
  if (date) require(!text::moment_text(*date, text::Zone::utc).empty(), "a date is a moment");
  const auto wait = parse_retry_after(input, kNow);
  require(!wait || (*wait >= 0 && *wait <= kNow * 10), "a wait can be waited");
}

void moment(std::string_view input) {
  for (const auto zone : {text::Zone::utc, text::Zone::local}) {
    const auto written = cli::parse_moment(input, kNow, zone);
    if (!written || written->form == cli::WrittenMoment::Form::sync) continue;
    const std::string shown = text::moment_text(written->value, zone);
    text::minute_text(written->value, zone);
    text::clock_text(written->value, zone);
    const auto again = cli::parse_moment(shown, kNow, zone);
    const bool negative = written->value < 0;  // shown as a year or as a number with a minus
    require(negative || !again || again->form == cli::WrittenMoment::Form::sync ||
                again->value / 1000 == written->value / 1000,
            "a moment that is shown reads back to the second");
  }
}

void quantity(std::string_view input) {
  if (const auto duration = text::parse_duration(input)) {
    require(duration->count() >= 0, "no duration is negative");
    require(text::parse_duration(text::exact_duration(*duration)) == duration,
            "a duration is exact");
    require(!text::rough_duration(*duration).empty(), "a duration can be shown");
  }
  if (const auto size = text::parse_size(input)) {
    require(*size >= 0, "no size is negative");
    require(text::parse_size(text::exact_size(*size)) == size, "a size is exact");
    text::rough_size(static_cast<std::uint64_t>(*size));
  }
  if (const auto mode = text::parse_mode(input)) {
    require(text::parse_mode(text::exact_mode(*mode)) == mode, "a mode is exact");
  }
  if (const auto real = text::parse_number<double>(input)) {
    require(!text::real_text(*real).empty(), "a number can be shown");
  }
}

void address(std::string_view input) {
  for (const auto check :
       {text::check_endpoint, text::check_page, text::check_link, text::check_proxy}) {
    const text::CheckedAddress checked = check(input);
    if (checked.fault != text::AddressFault::none) continue;
    const text::Address& good = checked.address;
    require(good.port != 0 && !good.host.empty(), "an address has a host and a port");
    require(text::is_ip_address(good.host) || good.host.find_first_of("/:@ \r\n") == good.host.npos,
            "a host is one word");
    require(good.scheme == "https" || text::is_loopback(good.host) || check == text::check_proxy,
            "nothing goes in the clear to another machine");
  }
  try {
    const transport::Link link = transport::parse_link(std::string(input));
    require(link.target.starts_with('/') || link.target.starts_with('?'), "a target is a path");
    require(transport::is_plain(link.target, 0x21), "a target is one word");
  } catch (const Error& error) {
    require(error.code() == ErrorCode::bad_response, "a bad link is the server's");
    require(std::string(error.what()).find('?') == std::string::npos, "no query is shown");
  }
  const std::string target = text::request_target(input);
  require(transport::is_plain(target, 0x21), "a target is one word");
  require(text::request_target(target) == target, "one that is encoded stays");
  const std::string part = text::percent_encoded(input);
  require(transport::is_plain(part, 0x21) && part.find_first_of("/?#&=") == part.npos,
          "what is encoded is one part");
}

void link(std::string_view input) {
  const std::string_view bare = text::without_signature(input);
  require(!text::is_signed(bare), "what has lost its signature has none");
  require(text::is_signed(input) == (bare != input), "only signed links lose something");
  text::link_expiry(input);
  const std::string prose = text::without_link_queries(std::string(input));
  require(text::without_link_queries(prose) == prose, "what has no queries stays");
  // In prose a link ends at a blank or a quote.
  const bool whole = input.find_first_of(" \t\r\n\"'<>)") == input.npos;
  if (whole && input.starts_with("https://") && text::is_signed(input)) {
    const std::string told = text::without_link_queries("asked for " + std::string(input) + ".");
    // What a path says of signatures is none.
    require(bare.find("ignature=") != bare.npos || told.find("ignature=") == told.npos,
            "no signature is told");
  }
}

void csv(std::string_view input) {
  std::string field;
  text::append_csv_field(field, input);
  std::string_view rest = field;
  std::string back;
  if (rest.starts_with('"')) {
    require(rest.size() >= 2 && rest.ends_with('"'), "quotes end");
    rest = rest.substr(1, rest.size() - 2);
    for (std::size_t i = 0; i < rest.size(); ++i) {
      back += rest[i];
      if (rest[i] == '"') require(rest.substr(++i, 1) == "\"", "a quote within is two");
    }
  } else {
    require(!rest.empty() && rest.find_first_of(",\"\r\n") == rest.npos, "without quotes: plain");
    back = rest;
  }
  require(back == text::valid_utf8(input), "a field reads back the same");
}

void letters(std::string_view input) {
  const std::string valid = text::valid_utf8(input);
  require(text::valid_utf8(valid) == valid, "what is UTF-8 stays");
  const std::string folded = text::caseless(input);
  require(text::caseless(folded) == folded, "what is folded stays");
  require(folded == text::caseless(valid), "what is no UTF-8 counts as U+FFFD");
  const std::string shown = cli::printable(input);
  require(text::valid_utf8(shown) == shown, "a terminal is shown UTF-8");
  require(std::none_of(shown.begin(), shown.end(),
                       [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
          "a terminal obeys none of it");
  for (const std::size_t width : {1U, 2U, 7U, 40U}) {
    require(cli::display_width(cli::fit(shown, width, "...")) <= std::max<std::size_t>(width, 3),
            "what is cut fits");
  }
}

void half_surrogates(std::string_view input) {
  std::string json(input);
  text::replace_half_surrogates(json);
  require(json.size() == input.size(), "in place");
  require(!text::replace_half_surrogates(json), "none is left");
  std::string quoted;
  text::append_string(quoted, input);
  require(text::valid_utf8(quoted) == quoted, "JSON is UTF-8");
}

void pattern(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string first(input.substr(0, std::min<std::size_t>(end, 100)));
  const std::string second(input.substr(std::min(end + 1, input.size())).substr(0, 100));
  text::matches({first}, second, "name");
  require(text::matches({first}, first, "name"), "a pattern means what is called so");
  try {
    const text::Expression expression(first);
    expression.find(second);
  } catch (const std::invalid_argument&) {
    // It is told where it is configured.
  }
}

constexpr std::array kReaders = {http_date, moment,  quantity,        address, link,
                                 csv,       letters, half_surrogates, pattern};

void run(std::string_view input) {
  const auto read = kReaders[take_byte(input) % kReaders.size()];
  read(input.substr(0, 4096));
}

std::vector<std::string> seeds() {
  const std::vector<std::vector<std::string>> texts = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
       "Sun Nov  6 08:49:37 1994", "120", "0", "99999999999999999999", "-1"},
      {"2026-01-31", "2026-01-31T10:00:00.5Z", "2026-03-29 02:30", "1h30m", "yesterday", "monday",
       "1700000000000", "42", "2026-01-31 10:00 +05:30", "0001-01-01T00:00:00-12:00"},
      {"1h30m", "7d", "0", "1ms", "64MiB", "100", "1kb", "0640", "1e308", "-0.5", "nan"},
      {"https://api.datature.io/v1", "http://[::1]:80/a?b#c", "http://localhost", "HTTPS://H:1/%2f",
       "https://u:p@h/", "http://u:p@proxy:3128/", "https://h/a b\xff%zz?x=\xc3\xa4"},
      {"https://h/a?X-Goog-Signature=1&X-Goog-Date=20260131T120000Z&X-Goog-Expires=3600",
       "https://h/a?X-Amz-Signature=1&X-Amz-Date=20260131T120000Z&X-Amz-Expires=60",
       "https://h/a?sig=x&se=2026", "https://h/a?b=c", "see https://h/a?Signature=1, and"},
      {"a,b", "\"q\"", "", "line\r\nbreak", "\xff"},
      {"Stra\xc3\x9f"
       "e",
       "\x1b[31m", "\xe2\x80\xae", "e\xcc\x81", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
       "\xc2\xad"},
      {R"("\ud800")", R"("\ud83d\ude00")", R"(\\ud800 \udc00\ud800)"},
      {"*.jpg\na.jpg", "[a-z]?\nb1", "^(.*)_(\\d+)\nimg_12", "(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaaab",
       "[\n[", "(?<n>\n"}};
  std::vector<std::string> all;
  for (std::size_t reader = 0; reader < texts.size(); ++reader) {
    for (const std::string& each : texts[reader]) all.push_back(static_cast<char>(reader) + each);
  }
  return all;
}

const Registration kText({"text", run, seeds});

}  // namespace
}  // namespace nexus_mirror::fuzz
