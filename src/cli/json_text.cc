#include "cli/json_text.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cmath>

#include "cli/text.h"

namespace nexus_mirror::cli {
namespace {

bool is_json(const std::string& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> ignore;
  const auto result =
      reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                   rapidjson::kParseNumbersAsStringsFlag>(stream, ignore);
  return !result.IsError();
}

}  // namespace

void write_value(JsonOutput& json, const store::Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    json.Int64(*integer);
  } else if (const auto* real = std::get_if<double>(&value); real && std::isfinite(*real)) {
    const std::string number = format_real(*real);
    json.RawValue(number.data(), number.size(), rapidjson::kNumberType);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    write_text(json, *text);
  } else {
    json.Null();
  }
}

void write_embedded(JsonOutput& json, std::string_view text) {
  std::string valid = valid_utf8(text);
  if (!is_json(valid)) return write_text(json, valid);
  // Line breaks stand between tokens only; without them an object stays on its line.
  std::replace(valid.begin(), valid.end(), '\n', ' ');
  std::replace(valid.begin(), valid.end(), '\r', ' ');
  json.RawValue(valid.data(), valid.size(), rapidjson::kObjectType);
}

}  // namespace nexus_mirror::cli
