// JSON as the commands write it: valid UTF-8 whatever comes in, numbers in their shortest form.
#pragma once

#include <string_view>

#include "store/reader.h"
#include "text/json.h"
#include "text/json_output.h"

namespace nexus_mirror::cli {

using text::json_array;
using text::JsonOutput;
using text::write_key;
using text::write_text;

// NULL, inf and nan are null.
void write_value(JsonOutput& json, const store::Value& value);

// `text` as the JSON value that it is; as a string where it is none.
void write_embedded(JsonOutput& json, std::string_view text);

}  // namespace nexus_mirror::cli
