// TensorFlow's TFRecord framing. Any thread may call anything.
#pragma once

#include <cstdint>
#include <string>

namespace nexus_mirror::exports::formats {

// A record is its data's length as 8 bytes, least significant first, the masked CRC of these, the
// data, the masked CRC of it. Append what stands before `bytes` of data, and what behind data whose
// text::crc32c() is `crc`. Rule: TensorFlow, "TFRecord and tf.train.Example", TFRecords format
// details.
void append_record_head(std::string& file, std::uint64_t bytes);
void append_record_tail(std::string& file, std::uint32_t crc);

}  // namespace nexus_mirror::exports::formats
