#include "exports/formats/ndjson_json.h"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "text/json.h"

namespace nexus_mirror::exports {
namespace {

using rapidjson::Value;

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

void append_number(const Value& value, std::string& out) {
  if (value.IsInt64()) {
    text::append_number(out, std::int64_t{value.GetInt64()});
  } else if (value.IsUint64()) {
    text::append_number(out, std::uint64_t{value.GetUint64()});
  } else {
    append_real(value.GetDouble(), out);
  }
}

void append_object(const Value& object, const Layout& order, std::string& out) {
  static const Layout kNoOrder;
  const auto open = [&](std::string_view key) {
    if (out.back() != '{') out += ',';
    text::append_string(out, key);
    out += ':';
  };
  out += '{';
  for (const Key& key : order) {
    const auto member = object.FindMember(key.name.c_str());
    if (member == object.MemberEnd()) continue;
    open(key.name);
    append_json(member->value, key.keys, out);
  }
  for (const auto& member : object.GetObject()) {
    const std::string_view name = text_of(member.name);
    const bool written =
        std::any_of(order.begin(), order.end(), [&](const Key& key) { return key.name == name; });
    if (written) continue;
    open(name);
    append_json(member.value, kNoOrder, out);
  }
  out += '}';
}

// Whether `text` is a list or an object as the mirror writes them: without blanks, for a string
// with a line break between two tokens would be two lines of a file.
bool is_compact_json(std::string_view text) {
  if (text.empty() || (text.front() != '[' && text.front() != '{')) return false;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag;
  struct Rewriter : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Rewriter> {
    explicit Rewriter(rapidjson::StringBuffer& buffer) : json(buffer) {}
    bool Null() { return json.Null(); }
    bool Bool(bool value) { return json.Bool(value); }
    bool RawNumber(const char* digits, rapidjson::SizeType size, bool) {
      return json.RawValue(digits, size, rapidjson::kNumberType);
    }
    bool String(const char* value, rapidjson::SizeType size, bool) {
      return json.String(value, size);
    }
    bool Key(const char* key, rapidjson::SizeType size, bool) { return json.Key(key, size); }
    bool StartObject() { return json.StartObject(); }
    bool EndObject(rapidjson::SizeType) { return json.EndObject(); }
    bool StartArray() { return json.StartArray(); }
    bool EndArray(rapidjson::SizeType) { return json.EndArray(); }
    rapidjson::Writer<rapidjson::StringBuffer> json;
  };
  rapidjson::StringBuffer buffer;
  Rewriter rewriter(buffer);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  if (reader.Parse<kFlags>(stream, rewriter).IsError()) return false;
  return std::string_view(buffer.GetString(), buffer.GetSize()) == text;
}

}  // namespace

rapidjson::Document parse_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseFullPrecisionFlag>(text.data(), text.size());
  return document;
}

void append_json(const Value& value, const Layout& order, std::string& out) {
  switch (value.GetType()) {
    case rapidjson::kObjectType:
      append_object(value, order, out);
      return;
    case rapidjson::kArrayType:
      out += '[';
      for (const Value& item : value.GetArray()) {
        if (&item != value.Begin()) out += ',';
        append_json(item, order, out);
      }
      out += ']';
      return;
    case rapidjson::kStringType:
      text::append_string(out, text_of(value));
      return;
    case rapidjson::kNumberType:
      append_number(value, out);
      return;
    case rapidjson::kTrueType:
      out += "true";
      return;
    case rapidjson::kFalseType:
      out += "false";
      return;
    case rapidjson::kNullType:
      out += "null";
      return;
  }
}

void append_json(std::string_view text, const Layout& order, std::string& out) {
  if (order.empty()) {
    out += text;
    return;
  }
  const rapidjson::Document document = parse_json(text);
  if (document.HasParseError()) {
    out += text;
  } else {
    append_json(document, order, out);
  }
}

void append_any(std::string_view text, std::string& out) {
  if (text == "true" || text == "false" || is_compact_json(text)) {
    out += text;
  } else {
    text::append_string(out, text);
  }
}

void append_real(double value, std::string& out) {
  text::append_real(out, value + 0.0);  // -0 plus 0 is 0
}

}  // namespace nexus_mirror::exports
