// JSON as the program writes it: valid UTF-8 whatever comes in, numbers in their shortest form,
// whatever the locale is. Any thread may call anything.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::text {

using JsonOutput = rapidjson::Writer<rapidjson::StringBuffer>;

void write_text(JsonOutput& json, std::string_view text);
void write_key(JsonOutput& json, std::string_view key);

// ["a","b"]: also how a list of names gets into SQL as one parameter (json_each).
std::string json_array(const std::vector<std::string>& texts);

// Appends `text` as a JSON string; bytes that are no UTF-8 become U+FFFD.
void append_string(std::string& json, std::string_view text);

// Appends `value`, which is finite, in the shortest decimal form that reads back the same; -0 is 0.
void append_number(std::string& json, double value);
void append_number(std::string& json, std::int64_t value);

}  // namespace nexus_mirror::text
