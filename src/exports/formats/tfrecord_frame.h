// TensorFlow's TFRecord framing. Any thread may call anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus_mirror::exports::formats {

// CRC-32C (Castagnoli), as iSCSI and TFRecord have it: of "123456789" it is 0xE3069283.
std::uint32_t crc32c(std::string_view bytes);

// Appends `data` as one record: its length as 8 bytes, least significant first, the masked CRC of
// these, the data, the masked CRC of it. Rule: TensorFlow, "TFRecord and tf.train.Example",
// TFRecords format details.
void append_record(std::string& file, std::string_view data);

}  // namespace nexus_mirror::exports::formats
