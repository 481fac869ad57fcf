// Fields of CSV (RFC 4180). Any thread may call anything.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::text {

// Appends `field`, in quotes where it holds a comma, a quote or a line break, or is empty (so that
// an empty text is not taken for no text). Bytes that are no UTF-8 become U+FFFD.
void append_csv_field(std::string& csv, std::string_view field);

}  // namespace nexus_mirror::text
