// A text in a YAML file. Any thread may call it.
#pragma once

#include <string>
#include <string_view>

namespace nexus_mirror::exports::formats {

// Appends `text` as a YAML double-quoted scalar on one line. It is JSON's string, but that what
// YAML 1.1 cannot hold bare or takes for the end of a line is escaped too; bytes that are no UTF-8
// become U+FFFD.
void append_yaml_string(std::string& yaml, std::string_view text);

}  // namespace nexus_mirror::exports::formats
