// Which addresses may be used, by one rule for the configuration that names them and for the
// transport that goes there. Any thread may call anything; nothing throws, but for want of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// "localhost" in any letter case, 127.0.0.0/8 or ::1, without brackets.
bool is_loopback(std::string_view host);

// An IPv4 address as four numbers or an IPv6 address, without brackets; no name.
bool is_ip_address(std::string_view host);

struct HostPort {
  std::string host;                      // lower case, IPv6 without brackets
  std::optional<std::string_view> port;  // what follows the ':', a view into the text
};

// "host", "host:port", "[IPv6]" or "[IPv6]:port". nullopt when the host is no address and no name
// of letters, digits, '.', '-' and '_'; the port is the caller's to read.
std::optional<HostPort> split_host_port(std::string_view text);

// Where "user:password@host:port" stands in `url`, whatever that is: a view into it.
std::string_view authority_of(std::string_view url);

struct Address {
  std::string scheme;               // lower case
  std::optional<std::string> user;  // "user:password" as it stands, percent-encoded; a secret
  std::string host;                 // lower case, IPv6 without brackets
  std::uint16_t port = 0;           // never 0: the scheme's own where none is given
  std::string rest;                 // path, query and fragment, exactly as they stand
};

// Why an address cannot be used.
enum class AddressFault {
  none,
  no_url,        // nor with any scheme: no host, a bad port, characters that no URL has
  user,          // holds a user or a password
  query,         // holds a query or a fragment
  many_ats,      // a password with an '@' in it: where does it end?
  path,          // holds more than host and port
  scheme,        // not that which is spoken there
  in_the_clear,  // http to a host other than loopback
};

struct CheckedAddress {
  AddressFault fault = AddressFault::none;
  Address address = {};  // where there is no fault
};

// The API: https, or http to a loopback host, with a path at most.
CheckedAddress check_endpoint(std::string_view text);

// A page to ask for: as an endpoint, with any user, path and query.
CheckedAddress check_page(std::string_view text);

// A link that a server gave: as an endpoint, with any path and query; they may hold any bytes.
CheckedAddress check_link(std::string_view text);

// http://[user:password@]host[:port], and a '/' at most.
CheckedAddress check_proxy(std::string_view text);

}  // namespace nexus_mirror::text
