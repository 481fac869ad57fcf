// Text within a URL. Any thread may call it.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Percent-encodes what is not unreserved in RFC 3986 (letters, digits, "-._~" stay), so that the
// result is one path segment or one value of a query, whatever `text` holds.
std::string percent_encoded(std::string_view text);

// `text` with the byte that each %XX stands for in its place; a '%' that begins no escape stays.
std::string percent_decoded(std::string_view text);

// A path and query that somebody else has put together, as it may stand in a request: what RFC 3986
// has no place for is percent-encoded (blanks, controls, '#', bytes beyond ASCII, a '%' that begins
// no escape); all else stays as it is, for it may be signed.
std::string request_target(std::string_view path_and_query);

}  // namespace nexus_mirror::text
