// RapidJSON's writer, fed with valid UTF-8. Any thread may call anything.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>
#include <string_view>

#include "text/utf8.h"

namespace nexus_mirror::text {

using JsonOutput = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_text(JsonOutput& json, std::string_view text) {
  const std::string valid = valid_utf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

inline void write_key(JsonOutput& json, std::string_view key) {
  const std::string valid = valid_utf8(key);
  json.Key(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

}  // namespace nexus_mirror::text
