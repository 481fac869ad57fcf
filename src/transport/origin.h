// Where requests go: the API's origin, and the proxy on the way to it. Which addresses may be used
// is said in text/address. Any thread may call anything.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace nexus_mirror::transport {

// True when `text` can stand in a request line or a header without ending it: no byte below
// `lowest`.
bool is_plain(const std::string& text, unsigned char lowest);

// Scheme, host and port of an URL: what must not change when a redirect is followed.
struct Origin {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, IPv6 without brackets
  std::uint16_t port = 0;

  bool secure() const { return scheme == "https"; }
  bool loopback() const;          // localhost, 127.0.0.0/8, ::1
  bool is_address() const;        // an IP address, not a name
  std::string authority() const;  // "host:port", as the Host header has it
  std::string text() const;       // "https://host[:port]"; the scheme's own port is left out
  bool operator==(const Origin&) const = default;
};

struct BaseUrl {
  Origin origin;
  std::string prefix;  // path before every target, without a slash at its end
};

// The value of a header that says who asks: `user` is "user:password" as it stands in an URL, and
// the result as much a secret.
std::string basic_authorization(const std::string& user);

// Throws Error(config): no URL, a scheme other than https, http to a host other than loopback,
// user and password, a query or a fragment.
BaseUrl parse_base_url(const std::string& url);

// A link that a server gave: where it leads, and what is asked for there.
struct Link {
  Origin origin;
  std::string target;  // path and query as given, for they may be signed (text::request_target)
};

// Throws Error(bad_response), without the query: no URL, a scheme other than https, http to a host
// other than loopback, user and password.
Link parse_link(const std::string& url);

struct Proxy {
  std::string host;
  std::uint16_t port = 0;
  std::string authorization;  // value of Proxy-Authorization, may be empty; a secret
};

// "http://[user:password@]host[:port]". `source` names the setting in errors, which never show the
// URL: it may hold a password. Throws Error(config).
Proxy parse_proxy(const std::string& url, const std::string& source);

// The value of an environment variable; nullptr when it is not set.
using EnvironmentLookup = std::function<const char*(const char* name)>;

// The proxy for requests to `origin`: `option` when set, else what HTTPS_PROXY (where the scheme
// may be missing) and NO_PROXY say, which count for https only and never for loopback hosts. Throws
// Error(config).
std::optional<Proxy> choose_proxy(const Origin& origin, const std::string& option,
                                  const EnvironmentLookup& environment);

}  // namespace nexus_mirror::transport
