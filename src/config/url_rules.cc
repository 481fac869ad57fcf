#include "config/url_rules.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>
#include <arpa/inet.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "text/ascii.h"
#include "text/number.h"

namespace nexus_mirror::config {
namespace {

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_host(const std::string& host) {
  if (host.empty()) return false;
  if (host.find(':') != std::string::npos) return is_ipv6(host);
  return std::all_of(host.begin(), host.end(), [](char c) {
    return text::is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

// Where "user:password@host:port" stands in `url`.
struct Authority {
  std::size_t begin = 0;
  std::size_t end = 0;
};

Authority find_authority(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  return {begin, std::min(url.find_first_of("/?#", begin), url.size())};
}

std::optional<Poco::URI> parse_url(std::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(),
                                     [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  if (!printable || text.find("://") == std::string_view::npos) return std::nullopt;
  const auto [begin, end] = find_authority(text);
  if (text.substr(begin, end - begin).ends_with(':')) return std::nullopt;
  try {
    Poco::URI url{std::string(text)};
    if (!is_host(url.getHost())) return std::nullopt;
    return url;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

std::string origin_problem(const Poco::URI& url) {
  if (url.getScheme() == "https") return "";
  if (url.getScheme() != "http") return "must begin with https://";
  if (is_loopback(url.getHost())) return "";
  return "must begin with https:// (http:// is for loopback hosts only)";
}

bool has_user(std::string_view text) {
  const auto [begin, end] = find_authority(text);
  return text.substr(begin, end - begin).find('@') != std::string_view::npos;
}

// Long, with a digit, of the letters that tokens and UUIDs are made of.
bool looks_like_token(std::string_view segment) {
  return segment.size() >= 16 && std::any_of(segment.begin(), segment.end(), text::is_digit) &&
         std::all_of(segment.begin(), segment.end(),
                     [](char c) { return text::is_letter_or_digit(c) || c == '-' || c == '_'; });
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name = text::lower(host);
  if (name == "localhost") return true;
  in_addr ipv4{};
  if (inet_pton(AF_INET, name.c_str(), &ipv4) == 1) return (ntohl(ipv4.s_addr) >> 24) == 127;
  in6_addr ipv6{};
  return inet_pton(AF_INET6, name.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

std::string endpoint_problem(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return "must be an address like \"https://api.datature.io\"";
  if (has_user(text)) return "must hold no user or password";
  if (text.find_first_of("?#") != std::string_view::npos) return "must end before '?' or '#'";
  return origin_problem(*url);
}

std::string proxy_problem(std::string_view text) {
  const auto url = parse_url(text);
  if (!url || url->getScheme() != "http") {
    return "must be an address like \"http://host:port\" or \"http://user:password@host:port\"";
  }
  const auto [begin, end] = find_authority(text);
  if (std::count(text.begin(), text.end(), '@') > 1) {
    return "must hold one '@' only; write others as %40";
  }
  if (end < text.size() && text.substr(end) != "/") return "must end after the port";
  return "";
}

std::string heartbeat_problem(std::string_view text) {
  const auto url = parse_url(text);
  if (!url) return "must be an address like \"https://hc.example.com/ping\"";
  return origin_problem(*url);
}

std::string listen_problem(std::string_view text) {
  constexpr std::string_view shape = "must be \"host:port\", like \"127.0.0.1:9464\"";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::string(shape);
  std::string host(text.substr(0, colon));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (bracketed ? !is_ipv6(host) : !is_host(host) || host.find(':') != std::string::npos) {
    return std::string(shape);
  }
  const bool port = text::parse_number<std::uint16_t>(text.substr(colon + 1)).has_value();
  return port ? "" : "must end with a port from 0 to 65535";
}

std::string mask_url(std::string_view url) {
  const auto [begin, end] = find_authority(url);
  const std::string_view authority = url.substr(begin, end - begin);
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
