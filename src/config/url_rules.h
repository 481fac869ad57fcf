// What the addresses in a configuration may look like, by the rules of text/address. None of the
// messages shows the address: it may hold a password. Any thread may call anything.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::config {

// Each returns why the text cannot be used, or "" when it can.
std::string endpoint_problem(std::string_view text);   // https, or http to a loopback host
std::string proxy_problem(std::string_view text);      // http://[user:password@]host[:port]
std::string heartbeat_problem(std::string_view text);  // as an endpoint, with any path and query
std::string listen_problem(std::string_view text);     // host:port

// `url` without what may be secret in it: the user and password, the query, and parts of the path
// that look like tokens become "***".
std::string mask_url(std::string_view url);

}  // namespace nexus_mirror::config
