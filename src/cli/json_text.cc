#include "cli/json_text.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>

#include "text/utf8.h"

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

void write_value(text::JsonWriter& json, const store::Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    json.value(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    json.real(*real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    json.value(*text);
  } else {
    json.value(nullptr);
  }
}

void write_embedded(text::JsonWriter& json, std::string_view text) {
  std::string valid = text::valid_utf8(text);
  if (!is_json(valid)) return json.value(valid);
  // Line breaks stand between tokens only; without them an object stays on its line.
  std::replace(valid.begin(), valid.end(), '\n', ' ');
  std::replace(valid.begin(), valid.end(), '\r', ' ');
  json.raw(valid);
}

void write_rows(text::JsonWriter& json, const store::RowCounts& rows) {
  json.begin_object("rows");
  json.member("inserted", rows.inserted);
  json.member("updated", rows.updated);
  json.member("deleted", rows.deleted);
  json.end_object();
}

}  // namespace nexus_mirror::cli
