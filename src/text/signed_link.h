// Links that a server signs anew at each call: the signature, a secret, stands in their query, and
// what is before it says which file it is. Any thread may call anything; nothing throws, but for
// want of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// What stands before the query, the whole where there is none.
std::string_view link_base(std::string_view link);

// Whether two links lead to the same file: the same but for their queries.
inline bool same_link(std::string_view one, std::string_view other) {
  return link_base(one) == link_base(other);
}

// Whether `text` as a whole is a link with a signature in its query: "X-Goog-Signature",
// "X-Amz-Signature", any other key that ends in "-Signature", "Signature" (CloudFront) or "sig"
// (Azure), in any letter case.
bool is_signed(std::string_view text);

// `text` without its query where it is a signed link, else `text`.
std::string_view without_signature(std::string_view text);

// `text`, prose, with every link in it without its query, signed or not.
std::string without_link_queries(std::string text);

// When a signed link dies, UNIX ms: X-Goog-Date + X-Goog-Expires, or X-Amz-..., in any letter case.
// nullopt = it does not say. Rule: V4 signing of Google Cloud Storage and of AWS.
std::optional<std::int64_t> link_expiry(std::string_view link);

}  // namespace nexus_mirror::text
