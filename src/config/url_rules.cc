#include "config/url_rules.h"

#include <algorithm>
#include <cstdint>

#include "text/address.h"
#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::config {
namespace {

using text::AddressFault;

// What is wrong, where no_url is said as `shape`.
std::string problem(AddressFault fault, std::string_view shape) {
  switch (fault) {
    case AddressFault::none:
      return "";
    case AddressFault::no_url:
      return std::string(shape);
    case AddressFault::user:
      return "must hold no user or password";
    case AddressFault::query:
      return "must end before '?' or '#'";
    case AddressFault::many_ats:
      return "must hold one '@' only; write others as %40";
    case AddressFault::path:
      return "must end after the port";
    case AddressFault::scheme:
      return "must begin with https://";
    case AddressFault::in_the_clear:
      return "must begin with https:// (http:// is for loopback hosts only)";
  }
  return "";
}

// Long, with a digit, of the letters that tokens and UUIDs are made of.
bool looks_like_token(std::string_view segment) {
  return segment.size() >= 16 && std::any_of(segment.begin(), segment.end(), text::is_digit) &&
         std::all_of(segment.begin(), segment.end(),
                     [](char c) { return text::is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

std::string endpoint_problem(std::string_view text) {
  return problem(text::check_endpoint(text).fault,
                 "must be an address like \"https://api.datature.io\"");
}

std::string proxy_problem(std::string_view text) {
  constexpr std::string_view kShape =
      "must be an address like \"http://host:port\" or \"http://user:password@host:port\"";
  const AddressFault fault = text::check_proxy(text).fault;
  return problem(fault == AddressFault::scheme ? AddressFault::no_url : fault, kShape);
}

std::string heartbeat_problem(std::string_view text) {
  return problem(text::check_page(text).fault,
                 "must be an address like \"https://hc.example.com/ping\"");
}

std::string listen_problem(std::string_view text) {
  const auto place = text::split_host_port(text);
  if (!place || !place->port) return "must be \"host:port\", like \"127.0.0.1:9464\"";
  if (text::parse_number<std::uint16_t>(*place->port)) return "";
  return "must end with a port from 0 to 65535";
}

std::string mask_url(std::string_view url) {
  const std::string_view authority = text::authority_of(url);
  const auto begin = static_cast<std::size_t>(authority.data() - url.data());
  const std::size_t end = begin + authority.size();
  const std::size_t at = authority.rfind('@');
  std::string masked(url.substr(0, begin));
  if (at == std::string_view::npos) {
    masked += authority;
  } else {
    masked.append("***").append(authority.substr(at));
  }
  const std::size_t path_end = std::min(url.find_first_of("?#", end), url.size());
  std::size_t position = end;
  while (position < path_end) {  // at a '/'
    const std::size_t next = std::min(url.find('/', position + 1), path_end);
    const std::string_view segment = url.substr(position + 1, next - position - 1);
    masked.append("/").append(looks_like_token(segment) ? "***" : segment);
    position = next;
  }
  if (path_end < url.size()) masked.append(url.substr(path_end, 1)).append("***");
  return masked;
}

}  // namespace nexus_mirror::config
