// CRC-32C (RFC 3720, appendix B.4): the checksum of Google Cloud Storage and of TFRecord. By the
// processor's own instruction where it has one (SSE 4.2), else by Boost's tables.
#pragma once

#include <cstdint>
#include <string_view>

namespace nexus_mirror::text {

// The sum of bytes that were `before` and these behind them; 0 = none were. Any thread.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

// The same by tables, on every machine: what the other is tested against.
std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before = 0);

}  // namespace nexus_mirror::text
