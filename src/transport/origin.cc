#include "transport/origin.h"

#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/URI.h>

#include <algorithm>
#include <sstream>
#include <string_view>

#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror::transport {
namespace {

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Safe to show: user and password are left out as well as the query.
std::string shown(const std::string& url) {
  std::string text = without_query(url);
  const auto authority = text.find("://");
  const auto begin = authority == std::string::npos ? 0 : authority + 3;
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
  entry = lower_case(std::move(entry));
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

std::string basic_authorization(const std::string& user_info) {
  std::string decoded;
  Poco::URI::decode(user_info, decoded);
  std::ostringstream encoded;
  Poco::Base64Encoder encoder(encoded);
  encoder.rdbuf()->setLineLength(0);
  encoder << decoded;
  encoder.close();
  return "Basic " + encoded.str();
}

}  // namespace

bool is_plain(const std::string& text, unsigned char lowest) {
  return std::all_of(text.begin(), text.end(), [lowest](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= lowest && byte != 0x7f;
  });
}

bool Origin::is_address() const {
  Poco::Net::IPAddress address;
  return Poco::Net::IPAddress::tryParse(host, address);
}

bool Origin::loopback() const {
  if (host == "localhost") return true;
  Poco::Net::IPAddress address;
  return Poco::Net::IPAddress::tryParse(host, address) && address.isLoopback();
}

std::string Origin::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::string Origin::text() const {
  std::string text = authority();
  if (port == (secure() ? 443 : 80)) text.resize(text.rfind(':'));
  return scheme + "://" + text;
}

Endpoint parse_endpoint(const std::string& url) {
  const std::string hint = "write it as https://host[:port][/prefix]";
  Poco::URI uri;
  try {
    uri = url;
  } catch (const Poco::Exception&) {
    refuse_endpoint(url, "not an URL", hint);
  }
  Endpoint endpoint;
  endpoint.origin = {lower_case(uri.getScheme()), lower_case(uri.getHost()), uri.getPort()};
  const Origin& origin = endpoint.origin;
  if (origin.scheme != "https" && origin.scheme != "http") {
    refuse_endpoint(url, "the scheme is not https", hint);
  }
  if (origin.host.empty() || origin.port == 0) refuse_endpoint(url, "no host", hint);
  if (!uri.getUserInfo().empty()) {
    refuse_endpoint(url, "holds a user name", "the key goes into secret_key_file");
  }
  if (!uri.getRawQuery().empty() || !uri.getFragment().empty()) {
    refuse_endpoint(url, "holds a query or a fragment", hint);
  }
  if (!origin.secure() && !origin.loopback()) {
    refuse_endpoint(url, "http would send the key in the clear",
                    "use https; http is for loopback addresses only");
  }
  endpoint.prefix = uri.getPathEtc();
  while (endpoint.prefix.ends_with('/')) endpoint.prefix.pop_back();
  return endpoint;
}

Link parse_link(const std::string& url) {
  const auto refuse = [&](const std::string& reason) {
    throw Error(ErrorCode::bad_response, "following the link", '"' + one_line(shown(url)) + '"',
                reason, "the server gave it; ask again");
  };
  // The path is not Poco's to decode: its spelling is part of the signature.
  const auto begin = url.find("://");
  const auto path = begin == std::string::npos ? begin : url.find_first_of("/?#", begin + 3);
  Link link;
  try {
    const Poco::URI uri(url.substr(0, path));
    link.origin = {lower_case(uri.getScheme()), lower_case(uri.getHost()), uri.getPort()};
    if (!uri.getUserInfo().empty()) refuse("it holds a user name");
  } catch (const Poco::Exception&) {
    refuse("it is no URL");
  }
  if (link.origin.scheme != "https" && link.origin.scheme != "http") {
    refuse("its scheme is not https");
  }
  if (link.origin.host.empty() || link.origin.port == 0) refuse("it names no host");
  if (!link.origin.secure() && !link.origin.loopback()) {
    refuse("http would show the file to everybody on the way");
  }
  link.target = path == std::string::npos ? "/" : url.substr(path, url.find('#', path) - path);
  if (!link.target.starts_with('/')) link.target.insert(0, 1, '/');
  return link;
}

Proxy parse_proxy(const std::string& url, const std::string& source) {
  const std::string hint = "write it as http://[user:password@]host:port";
  Poco::URI uri;
  std::string authorization;
  try {
    uri = url.find("://") == std::string::npos ? "http://" + url : url;
    if (!uri.getUserInfo().empty()) authorization = basic_authorization(uri.getUserInfo());
  } catch (const Poco::Exception&) {
    throw Error(ErrorCode::config, "reading", source, "not an URL", hint);
  }
  if (lower_case(uri.getScheme()) != "http") {
    throw Error(ErrorCode::config, "reading", source, "a proxy is spoken to over http only", hint);
  }
  if (uri.getHost().empty() || uri.getPort() == 0) {
    throw Error(ErrorCode::config, "reading", source, "no host", hint);
  }
  return {lower_case(uri.getHost()), uri.getPort(), std::move(authorization)};
}

std::optional<Proxy> choose_proxy(const Origin& origin, const std::string& option,
                                  const EnvironmentLookup& environment) {
  if (!option.empty()) return parse_proxy(option, "proxy");
  if (!origin.secure() || origin.loopback()) return std::nullopt;
  const auto first_set = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const char* value = environment(name);
      if (value != nullptr && *value != '\0')
        return std::pair<std::string, std::string>(name, value);
    }
    return std::pair<std::string, std::string>();
  };
  const auto [name, url] = first_set({"HTTPS_PROXY", "https_proxy"});
  if (url.empty() || exempted(first_set({"NO_PROXY", "no_proxy"}).second, origin)) {
    return std::nullopt;
  }
  return parse_proxy(url, name);
}

}  // namespace nexus_mirror::transport
