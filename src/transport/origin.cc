#include "transport/origin.h"

#include <Poco/Base64Encoder.h>
#include <Poco/URI.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "text/address.h"
#include "text/ascii.h"
#include "text/percent.h"

namespace nexus_mirror::transport {
namespace {

using text::AddressFault;

// Safe to show: user and password are left out as well as the query.
std::string shown(const std::string& url) {
  std::string text = without_query(url);
  const auto begin = static_cast<std::size_t>(text::authority_of(text).data() - text.data());
  const auto at = text.rfind('@');
  if (at != std::string::npos && at >= begin) text.erase(begin, at + 1 - begin);
  return text;
}

[[noreturn]] void refuse_endpoint(const std::string& url, const std::string& reason,
                                  const std::string& hint) {
  throw Error(ErrorCode::config, "reading endpoint", '"' + shown(url) + '"', reason, hint);
}

bool suffix_matches(std::string_view host, std::string_view pattern) {
  if (pattern.starts_with("*.")) pattern.remove_prefix(1);
  if (pattern.starts_with('.')) pattern.remove_prefix(1);
  if (pattern.empty() || !host.ends_with(pattern)) return false;
  return host.size() == pattern.size() || host[host.size() - pattern.size() - 1] == '.';
}

// One entry of NO_PROXY: "*", a host or a suffix of hosts, an address, each with or without port.
bool exempts(std::string entry, const Origin& origin) {
  entry = text::lower(entry);
  if (entry == "*" || entry == origin.host) return true;
  std::string port(":");
  port += std::to_string(origin.port);
  if (entry.ends_with(port)) entry.resize(entry.size() - port.size());
  if (entry.size() > 2 && entry.front() == '[' && entry.back() == ']') {
    entry = entry.substr(1, entry.size() - 2);
  }
  if (entry == "*" || entry == origin.host) return true;
  return !origin.is_address() && suffix_matches(origin.host, entry);
}

bool exempted(const std::string& no_proxy, const Origin& origin) {
  std::size_t begin = 0;
  while (begin < no_proxy.size()) {
    const auto end = std::min(no_proxy.find_first_of(", \t", begin), no_proxy.size());
    if (end > begin && exempts(no_proxy.substr(begin, end - begin), origin)) return true;
    begin = end + 1;
  }
  return false;
}

Origin origin_of(text::Address& address) {
  return {std::move(address.scheme), std::move(address.host), address.port};
}

// As other programs read these variables: the scheme may be missing, and a path counts for nothing.
std::string proxy_in_environment(const std::string& value) {
  const bool has_scheme = value.find("://") != std::string::npos;
  const std::string url = has_scheme ? value : "http://" + value;
  const std::string_view authority = text::authority_of(url);
  return {url.data(), authority.data() + authority.size()};
}

[[noreturn]] void refuse_proxy(const std::string& source, const std::string& reason) {
  throw Error(ErrorCode::config, "reading", source, reason,
              "write it as http://[user:password@]host:port");
}

}  // namespace

bool is_plain(const std::string& text, unsigned char lowest) {
  return std::all_of(text.begin(), text.end(), [lowest](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= lowest && byte != 0x7f;
  });
}

bool Origin::is_address() const { return text::is_ip_address(host); }

bool Origin::loopback() const { return text::is_loopback(host); }

std::string Origin::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string Origin::text() const {
  std::string text = authority();
  if (port == (secure() ? 443 : 80)) text.resize(text.rfind(':'));
  return scheme + "://" + text;
}

std::string basic_authorization(const std::string& user) {
  std::string decoded;
  Poco::URI::decode(user, decoded);
  std::ostringstream encoded;
  Poco::Base64Encoder encoder(encoded);
  encoder.rdbuf()->setLineLength(0);
  encoder << decoded;
  encoder.close();
  return "Basic " + encoded.str();
}

BaseUrl parse_base_url(const std::string& url) {
  const std::string hint = "write it as https://host[:port][/prefix]";
  auto [fault, address] = text::check_endpoint(url);
  switch (fault) {
    case AddressFault::none:
      break;
    case AddressFault::scheme:
      refuse_endpoint(url, "the scheme is not https", hint);
    case AddressFault::user:
      refuse_endpoint(url, "holds a user name", "the key goes into secret_key_file");
    case AddressFault::query:
      refuse_endpoint(url, "holds a query or a fragment", hint);
    case AddressFault::in_the_clear:
      refuse_endpoint(url, "http would send the key in the clear",
                      "use https; http is for loopback addresses only");
    default:
      refuse_endpoint(url, "not an URL", hint);
  }
  BaseUrl endpoint{origin_of(address), std::move(address.rest)};
  while (endpoint.prefix.ends_with('/')) endpoint.prefix.pop_back();
  return endpoint;
}

Link parse_link(const std::string& url) {
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::bad_response, "following the link", '"' + one_line(shown(url)) + '"',
                reason, "the server gave it; ask again");
  };
  auto [fault, address] = text::check_link(url);
  switch (fault) {
    case AddressFault::none:
      break;
    case AddressFault::user:
      refuse("it holds a user name");
      break;
    case AddressFault::scheme:
      refuse("its scheme is not https");
      break;
    case AddressFault::in_the_clear:
      refuse("http would show the file to everybody on the way");
      break;
    default:
      refuse("it is no URL");
  }
  Link link{origin_of(address),
            text::request_target(address.rest.substr(0, address.rest.find('#')))};
  if (!link.target.starts_with('/')) link.target.insert(0, 1, '/');
  return link;
}

Proxy parse_proxy(const std::string& url, const std::string& source) {
  auto [fault, address] = text::check_proxy(url);
  switch (fault) {
    case AddressFault::none:
      break;
    case AddressFault::scheme:
      refuse_proxy(source, "a proxy is spoken to over http only");
    case AddressFault::many_ats:
      refuse_proxy(source, "holds more than one '@'; write others as %40");
    case AddressFault::path:
      refuse_proxy(source, "holds more than host and port");
    default:
      refuse_proxy(source, "not an URL");
  }
  return {std::move(address.host), address.port,
          address.user ? basic_authorization(*address.user) : std::string()};
}

std::optional<Proxy> choose_proxy(const Origin& origin, const std::string& option,
                                  const EnvironmentLookup& environment) {
  if (!option.empty()) return parse_proxy(option, "proxy");
  if (!origin.secure() || origin.loopback()) return std::nullopt;
  const auto first_set = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const char* value = environment(name);
      if (value != nullptr && *value != '\0') {
        return std::pair<std::string, std::string>(name, value);
      }
    }
    return std::pair<std::string, std::string>();
  };
  const auto [name, url] = first_set({"HTTPS_PROXY", "https_proxy"});
  if (url.empty() || exempted(first_set({"NO_PROXY", "no_proxy"}).second, origin)) {
    return std::nullopt;
  }
  return parse_proxy(proxy_in_environment(url), name);
}

}  // namespace nexus_mirror::transport
