// Text within a URL. Any thread may call it.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Percent-encodes what is not unreserved in RFC 3986 (letters, digits, "-._~" stay), so that the
// result is one path segment or one value of a query, whatever `text` holds.
std::string percent_encoded(std::string_view text);

}  // namespace nexus_mirror::text
