#include "text/json.h"

#include <algorithm>
#include <charconv>

#include "text/utf8.h"

namespace nexus_mirror::text {
namespace {

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void append_escaped(std::string& json, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    json.append(1, '\\').append(1, c);
  } else if (c == '\n') {
    json += "\\n";
  } else if (byte < 0x20) {
    json.append("\\u00").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  } else {
    json += c;
  }
}

}  // namespace

void write_text(JsonOutput& json, std::string_view text) {
  const std::string valid = valid_utf8(text);
  json.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void write_key(JsonOutput& json, std::string_view key) {
  const std::string valid = valid_utf8(key);
  json.Key(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

std::string json_array(const std::vector<std::string>& texts) {
  rapidjson::StringBuffer buffer;
  JsonOutput json(buffer);
  json.StartArray();
  for (const std::string& text : texts) write_text(json, text);
  json.EndArray();
  return {buffer.GetString(), buffer.GetSize()};
}

void append_string(std::string& json, std::string_view text) {
  json += '"';
  if (std::all_of(text.begin(), text.end(), is_plain)) {
    json += text;
  } else {
    for (const char c : valid_utf8(text)) append_escaped(json, c);
  }
  json += '"';
}

void append_number(std::string& json, double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value == 0 ? 0.0 : value).ptr;
  json.append(digits, end);
}

void append_number(std::string& json, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  json.append(digits, end);
}

}  // namespace nexus_mirror::text
