// JSON as the commands write it: valid UTF-8 whatever comes in, numbers in their shortest form.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>
#include <vector>

#include "store/reader.h"

namespace nexus_mirror::cli {

using JsonOutput = rapidjson::Writer<rapidjson::StringBuffer>;

void write_text(JsonOutput& json, std::string_view text);
void write_key(JsonOutput& json, std::string_view key);

// NULL, inf and nan are null.
void write_value(JsonOutput& json, const store::Value& value);

// `text` as the JSON value that it is; as a string where it is none.
void write_embedded(JsonOutput& json, std::string_view text);

// ["a","b"]: how a list of names gets into SQL as one parameter (json_each).
std::string json_array(const std::vector<std::string>& texts);

}  // namespace nexus_mirror::cli
