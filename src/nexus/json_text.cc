#include "nexus/json_text.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <set>

namespace nexus_mirror::nexus {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using Buffer = rapidjson::StringBuffer;
using Writer = rapidjson::Writer<Buffer>;

rapidjson::SizeType size(std::string_view text) {
  return static_cast<rapidjson::SizeType>(text.size());
}

// Every key of NEXUS_API.md that may stand inside a JSON column.
const std::set<std::string, std::less<>>& vocabulary() {
  static const std::set<std::string, std::less<>> keys = [] {
    std::set<std::string, std::less<>> all = {"assetId", "lastUpdated", "defaultOptimizations"};
    for (const objects::Table* table : objects::all_tables()) {
      for (const objects::Field& field : table->fields) {
        std::string_view paths = field.paths;
        while (!paths.empty()) {
          const auto end = std::min(paths.find_first_of(" ."), paths.size());
          all.emplace(paths.substr(0, end));
          paths.remove_prefix(std::min(end + 1, paths.size()));
        }
      }
    }
    return all;
  }();
  return keys;
}

std::string canonical_key(std::string_view key) {
  std::string camel = camel_case(key);
  return camel != key && vocabulary().contains(camel) ? camel : std::string(key);
}

// What users put in there has keys of their own.
bool holds_users_keys(std::string_view key) {
  return key == "value" || key == "default" || key == "options" || key == "customMetadata";
}

void write(Writer& out, const element& value, Keys keys);

void write_items(Writer& out, const element& value, Keys keys) {
  simdjson::dom::array items;
  if (value.get(items) != simdjson::SUCCESS) return;
  for (const element item : items) write(out, item, keys);
}

void write_object(Writer& out, const simdjson::dom::object& object, Keys keys) {
  std::map<std::string, element, std::less<>> sorted;
  for (const auto field : object) {
    if (keys == Keys::users) {
      sorted.insert_or_assign(std::string(field.key), field.value);
    } else if (field.key != "object") {
      sorted.insert_or_assign(canonical_key(field.key), field.value);
    }
  }
  out.StartObject();
  for (const auto& [key, value] : sorted) {
    out.Key(key.data(), size(key));
    write(out, value, holds_users_keys(key) ? Keys::users : keys);
  }
  out.EndObject();
}

void write(Writer& out, const element& value, Keys keys) {
  simdjson::dom::object object;
  switch (value.type()) {
    case element_type::OBJECT:
      if (value.get(object) == simdjson::SUCCESS) write_object(out, object, keys);
      return;
    case element_type::ARRAY:
      out.StartArray();
      write_items(out, value, keys);
      out.EndArray();
      return;
    case element_type::STRING: {
      const auto text = without_signature(value.get_string().value_unsafe());
      out.String(text.data(), size(text));
      return;
    }
    case element_type::INT64:
      out.Int64(value.get_int64().value_unsafe());
      return;
    case element_type::UINT64:
      out.Uint64(value.get_uint64().value_unsafe());
      return;
    case element_type::DOUBLE: {
      std::string number;
      append_number(number, value.get_double().value_unsafe());
      out.RawValue(number.data(), number.size(), rapidjson::kNumberType);
      return;
    }
    case element_type::BOOL:
      out.Bool(value.get_bool().value_unsafe());
      return;
    case element_type::NULL_VALUE:
      out.Null();
      return;
  }
}

std::string parameter(std::string_view query, std::string_view name) {
  std::size_t at = 0;
  while (at < query.size()) {
    const auto end = std::min(query.find('&', at), query.size());
    const std::string_view part = query.substr(at, end - at);
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return std::string(part.substr(name.size() + 1));
    }
    at = end + 1;
  }
  return {};
}

bool number_in(std::string_view text, std::size_t at, std::size_t length, int& value) {
  const char* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + length, value);
  return error == std::errc() && end == begin + length;
}

// "20240125T100924Z" as UNIX seconds; 0 when it is no such text.
long long basic_date(std::string_view text) {
  int y, mo, d, h, mi, s;
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z' || !number_in(text, 0, 4, y) ||
      !number_in(text, 4, 2, mo) || !number_in(text, 6, 2, d) || !number_in(text, 9, 2, h) ||
      !number_in(text, 11, 2, mi) || !number_in(text, 13, 2, s)) {
    return 0;
  }
  using namespace std::chrono;
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok()) return 0;
  return sys_days(date).time_since_epoch().count() * 86400LL + h * 3600 + mi * 60 + s;
}

}  // namespace

std::string json_text(const element& value, Keys keys) {
  Buffer buffer;
  Writer writer(buffer);
  write(writer, value, keys);
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::string formats_text(const element& value, objects::Enumeration formats) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return json_text(value, Keys::ours);
  Buffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const element item : list) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) {
      write(writer, item, Keys::ours);
      continue;
    }
    writer.StartObject();
    writer.Key("format");
    name = canonical(formats, name);
    writer.String(name.data(), size(name));
    writer.EndObject();
  }
  writer.EndArray();
  return std::string(buffer.GetString(), buffer.GetSize());
}

std::string_view canonical(objects::Enumeration values, std::string_view text) {
  for (const std::string_view value : values) {
    if (value == text) return value;
  }
  const auto fold = [](std::string_view spelling) {
    std::string folded;
    for (const char c : spelling) {
      if (c != '-' && c != '_') folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return folded;
  };
  const std::string folded = fold(text);
  for (const std::string_view value : values) {
    if (fold(value) == folded) return value;
  }
  return text;
}

void append_number(std::string& out, double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
  if (std::find_if(text, end, [](char c) { return c == '.' || c == 'e'; }) == end) out += ".0";
}

std::string camel_case(std::string_view key) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (key.find('_') == std::string_view::npos || std::any_of(key.begin(), key.end(), capital)) {
    return std::string(key);
  }
  std::string camel;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    const char next = i + 1 < key.size() ? key[i + 1] : '\0';
    if (c != '_' || camel.empty() || next == '_' || next == '\0') {
      camel += c;
    } else {
      camel += next >= 'a' && next <= 'z' ? static_cast<char>(next - 'a' + 'A') : next;
      ++i;
    }
  }
  return camel;
}

bool is_signed(std::string_view url) {
  const auto query = url.find('?');
  if (query == std::string_view::npos || !url.starts_with("http")) return false;
  const std::string_view parameters = url.substr(query);
  for (const char* name : {"-Signature=", "?Signature=", "&Signature=", "?sig=", "&sig="}) {
    if (parameters.find(name) != std::string_view::npos) return true;
  }
  return false;
}

std::string_view without_signature(std::string_view text) {
  return is_signed(text) ? text.substr(0, text.find('?')) : text;
}

long long link_expiry(std::string_view url) {
  const auto at = url.find('?');
  if (at == std::string_view::npos) return 0;
  const std::string_view query = url.substr(at + 1);
  for (const std::string prefix : {"X-Goog-", "X-Amz-"}) {
    const long long date = basic_date(parameter(query, prefix + "Date"));
    const std::string expires = parameter(query, prefix + "Expires");
    int seconds = 0;
    if (date > 0 && !expires.empty() && number_in(expires, 0, expires.size(), seconds)) {
      return (date + seconds) * 1000;
    }
  }
  return 0;
}

struct ExtraKeys::Node {
  std::map<std::string, Node, std::less<>> objects;
  std::map<std::string, element, std::less<>> values;

  void write_to(Writer& out) const {
    out.StartObject();
    auto object = objects.begin();
    auto value = values.begin();
    while (object != objects.end() || value != values.end()) {
      const bool take_object =
          value == values.end() || (object != objects.end() && object->first < value->first);
      const std::string& key = take_object ? object->first : value->first;
      out.Key(key.data(), size(key));
      if (take_object) {
        (object++)->second.write_to(out);
      } else {
        write(out, (value++)->second, Keys::users);
      }
    }
    out.EndObject();
  }
};

ExtraKeys::ExtraKeys() : root_(new Node) {}
ExtraKeys::~ExtraKeys() { delete root_; }

bool ExtraKeys::empty() const { return root_->objects.empty() && root_->values.empty(); }

void ExtraKeys::clear() {
  root_->objects.clear();
  root_->values.clear();
}

void ExtraKeys::add(const std::vector<std::string_view>& path, std::string_view key,
                    const element& value) {
  Node* node = root_;
  for (const std::string_view step : path) node = &node->objects[std::string(step)];
  node->values.insert_or_assign(std::string(key), value);
}

std::string ExtraKeys::text() const {
  Buffer buffer;
  Writer writer(buffer);
  root_->write_to(writer);
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace nexus_mirror::nexus
