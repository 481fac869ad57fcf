// TensorFlow's TFRecord framing. Any thread may call anything.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus_mirror::exports::formats {

// Appends `data` as one record: its length as 8 bytes, least significant first, the masked CRC of
// these, the data, the masked CRC of it. Rule: TensorFlow, "TFRecord and tf.train.Example",
// TFRecords format details.
void append_record(std::string& file, std::string_view data);

}  // namespace nexus_mirror::exports::formats
