// Bytes as Base64 (RFC 4648, 4), without line breaks. Any thread; throws for want of memory alone.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

std::string base64(std::string_view bytes);

}  // namespace nexus_mirror::text
