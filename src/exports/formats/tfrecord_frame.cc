#include "exports/formats/tfrecord_frame.h"

#include "text/crc32c.h"

namespace nexus_mirror::exports::formats {
namespace {

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
}

// So that the CRC of bytes that hold CRCs is no special case.
std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8U; }

}  // namespace

void append_record_head(std::string& file, std::uint64_t bytes) {
  std::string length;
  append_little_endian(length, bytes, 8);
  file += length;
  append_little_endian(file, masked(text::crc32c(length)), 4);
}

void append_record_tail(std::string& file, std::uint32_t crc) {
  append_little_endian(file, masked(crc), 4);
}

}  // namespace nexus_mirror::exports::formats
