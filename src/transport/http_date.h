// Dates in HTTP headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace nexus_mirror::transport {

// An HTTP date in any of its three forms (RFC 9110, 5.6.7) as UNIX milliseconds; nullopt when it
// is none.
std::optional<std::int64_t> parse_http_date(const std::string& text);

}  // namespace nexus_mirror::transport
