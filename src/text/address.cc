#include "text/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "text/ascii.h"
#include "text/hex.h"
#include "text/number.h"

namespace nexus_mirror::text {
namespace {

constexpr std::string_view kSlashes = "://";

bool is_ipv6(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_name(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && is_letter(scheme.front()) &&
         std::all_of(scheme.begin(), scheme.end(), [](char c) {
           return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

// Of characters that may stand in a URL.
bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
}

// Each '%' has its two digits.
bool can_be_decoded(std::string_view text) {
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (i + 2 >= text.size() || !hex_value(text[i + 1]) || !hex_value(text[i + 2])) return false;
  }
  return true;
}

bool is_path_and_query(std::string_view rest) {
  return is_url_text(rest) && can_be_decoded(rest.substr(0, rest.find_first_of("?#")));
}

// By its form alone; nullopt when it is no URL.
std::optional<Address> parse(std::string_view text) {
  const std::size_t slashes = text.find(kSlashes);
  if (slashes == std::string_view::npos || !is_scheme(text.substr(0, slashes))) return std::nullopt;
  std::string_view authority = authority_of(text);
  if (!is_url_text(authority) || !can_be_decoded(authority)) return std::nullopt;
  Address address;
  address.scheme = lower(text.substr(0, slashes));
  address.rest = text.substr(slashes + kSlashes.size() + authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    address.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  auto place = split_host_port(authority);
  if (!place) return std::nullopt;
  address.host = std::move(place->host);
  address.port = address.scheme == "https" ? 443 : 80;
  if (place->port) address.port = parse_number<std::uint16_t>(*place->port).value_or(0);
  if (address.port == 0) return std::nullopt;
  return address;
}

AddressFault fault_of_origin(const Address& address) {
  if (address.scheme == "https") return AddressFault::none;
  if (address.scheme != "http") return AddressFault::scheme;
  return is_loopback(address.host) ? AddressFault::none : AddressFault::in_the_clear;
}

// `fault_of` says what else is wrong with what is a URL.
template <typename FaultOf>
CheckedAddress check(std::string_view text, const FaultOf& fault_of) {
  std::optional<Address> address = parse(text);
  if (!address) return {AddressFault::no_url};
  if (const AddressFault fault = fault_of(*address); fault != AddressFault::none) return {fault};
  return {AddressFault::none, std::move(*address)};
}

}  // namespace

bool is_loopback(std::string_view host) {
  const std::string name = lower(host);
  if (name == "localhost") return true;
  in_addr ipv4{};
  constexpr std::uint32_t kLoopbackNet = 127;
  if (::inet_pton(AF_INET, name.c_str(), &ipv4) == 1) {
    return ntohl(ipv4.s_addr) >> 24 == kLoopbackNet;
  }
  in6_addr ipv6{};
  return ::inet_pton(AF_INET6, name.c_str(), &ipv6) == 1 && IN6_IS_ADDR_LOOPBACK(&ipv6);
}

bool is_ip_address(std::string_view host) {
  const std::string name(host);
  in_addr ipv4{};
  return ::inet_pton(AF_INET, name.c_str(), &ipv4) == 1 || is_ipv6(name);
}

std::optional<HostPort> split_host_port(std::string_view text) {
  HostPort place;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    place.host = lower(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (!is_ipv6(place.host) || (!text.empty() && text.front() != ':')) return std::nullopt;
    if (!text.empty()) place.port = text.substr(1);
    return place;
  }
  const std::size_t colon = text.rfind(':');
  place.host = lower(text.substr(0, colon));
  if (!is_name(place.host)) return std::nullopt;
  if (colon != std::string_view::npos) place.port = text.substr(colon + 1);
  return place;
}

std::string_view authority_of(std::string_view url) {
  const std::size_t slashes = url.find(kSlashes);
  const std::size_t begin = slashes == std::string_view::npos ? 0 : slashes + kSlashes.size();
  return url.substr(begin, std::min(url.find_first_of("/?#", begin), url.size()) - begin);
}

CheckedAddress check_endpoint(std::string_view text) {
  return check(text, [](const Address& address) {
    if (!is_path_and_query(address.rest)) return AddressFault::no_url;
    if (address.user) return AddressFault::user;
    if (address.rest.find_first_of("?#") != std::string::npos) return AddressFault::query;
    return fault_of_origin(address);
  });
}

CheckedAddress check_page(std::string_view text) {
  return check(text, [](const Address& address) {
    return is_path_and_query(address.rest) ? fault_of_origin(address) : AddressFault::no_url;
  });
}

CheckedAddress check_link(std::string_view text) {
  return check(text, [](const Address& address) {
    return address.user ? AddressFault::user : fault_of_origin(address);
  });
}

CheckedAddress check_proxy(std::string_view text) {
  return check(text, [](const Address& address) {
    if (!is_path_and_query(address.rest)) return AddressFault::no_url;
    if (address.scheme != "http") return AddressFault::scheme;
    if (address.user && address.user->find('@') != std::string::npos) return AddressFault::many_ats;
    return address.rest.empty() || address.rest == "/" ? AddressFault::none : AddressFault::path;
  });
}

}  // namespace nexus_mirror::text
