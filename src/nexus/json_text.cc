#include "nexus/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "text/ascii.h"
#include "text/json_writer.h"
#include "text/signed_link.h"

namespace nexus_mirror::nexus {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using text::JsonWriter;

// Every key of NEXUS_API.md that may stand inside a JSON column.
const std::set<std::string, std::less<>>& vocabulary() {
  static const std::set<std::string, std::less<>> keys = [] {
    std::set<std::string, std::less<>> all = {
        "assetId",    "lastUpdated", "defaultOptimizations", "evaluationStrategy",
        "axisLabels", "chunkCount",  "evaluationThreshold",  "evaluationGroup",
        "thisPart",   "chunkNumber"};
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

void write(JsonWriter& out, const element& value, Keys keys);

void write_items(JsonWriter& out, const element& value, Keys keys) {
  simdjson::dom::array items;
  if (value.get(items) != simdjson::SUCCESS) return;
  for (const element item : items) write(out, item, keys);
}

// Whether `object` says at `key` what `value` is.
bool says(const simdjson::dom::object& object, std::string_view key, const element& value) {
  element other;
  return object[key].get(other) == simdjson::SUCCESS &&
         json_text(other, Keys::users) == json_text(value, Keys::users);
}

void write_object(JsonWriter& out, const simdjson::dom::object& object, Keys keys) {
  std::map<std::string, element, std::less<>> sorted;
  for (const auto field : object) {
    if (keys == Keys::users) {
      sorted.insert_or_assign(std::string(field.key), field.value);
      continue;
    }
    if (field.key == "object") continue;
    const std::string key = canonical_key(field.key);
    const bool twin = key != field.key && object[key].error() == simdjson::SUCCESS;
    if (!twin) {
      sorted.insert_or_assign(key, field.value);
    } else if (!says(object, key, field.value)) {
      sorted.insert_or_assign(std::string(field.key), field.value);
    }
  }
  out.begin_object();
  for (const auto& [key, value] : sorted) {
    out.key(key);
    write(out, value, holds_users_keys(key) ? Keys::users : keys);
  }
  out.end_object();
}

void write(JsonWriter& out, const element& value, Keys keys) {
  simdjson::dom::object object;
  switch (value.type()) {
    case element_type::OBJECT:
      if (value.get(object) == simdjson::SUCCESS) write_object(out, object, keys);
      return;
    case element_type::ARRAY:
      out.begin_array();
      write_items(out, value, keys);
      out.end_array();
      return;
    case element_type::STRING:
      out.value(text::without_signature(value.get_string().value_unsafe()));
      return;
    case element_type::INT64:
      out.value(value.get_int64().value_unsafe());
      return;
    case element_type::UINT64:
      out.value(value.get_uint64().value_unsafe());
      return;
    case element_type::DOUBLE:
      out.real(value.get_double().value_unsafe());
      return;
    case element_type::BOOL:
      out.value(value.get_bool().value_unsafe());
      return;
    case element_type::NULL_VALUE:
      out.value(nullptr);
      return;
  }
}

}  // namespace

std::string json_text(const element& value, Keys keys) {
  JsonWriter writer;
  write(writer, value, keys);
  return writer.take();
}

std::string unordered_text(const element& value) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return json_text(value, Keys::ours);
  std::vector<std::pair<std::string_view, std::string>> items;
  for (const element item : list) {
    std::string_view name;
    if (item["name"].get(name) != simdjson::SUCCESS) name = {};
    items.emplace_back(name, json_text(item, Keys::ours));
  }
  std::sort(items.begin(), items.end());
  JsonWriter writer;
  writer.begin_array();
  for (const auto& [name, item] : items) writer.raw(item);
  writer.end_array();
  return writer.take();
}

std::string formats_text(const element& value, objects::Enumeration formats) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return json_text(value, Keys::ours);
  JsonWriter writer;
  writer.begin_array();
  for (const element item : list) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS) {
      write(writer, item, Keys::ours);
      continue;
    }
    writer.begin_object();
    writer.member("format", canonical(formats, name));
    writer.end_object();
  }
  writer.end_array();
  return writer.take();
}

std::string_view canonical(objects::Enumeration values, std::string_view text) {
  for (const std::string_view value : values) {
    if (value == text) return value;
  }
  const std::string folded = text::folded(text);
  for (const std::string_view value : values) {
    if (text::folded(value) == folded) return value;
  }
  return text;
}

std::string camel_case(std::string_view key) {
  if (key.find('_') == std::string_view::npos ||
      std::any_of(key.begin(), key.end(), text::is_upper)) {
    return std::string(key);
  }
  std::string camel;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    const char next = i + 1 < key.size() ? key[i + 1] : '\0';
    if (c != '_' || camel.empty() || next == '_' || next == '\0') {
      camel += c;
    } else {
      camel += text::upper(next);
      ++i;
    }
  }
  return camel;
}

struct ExtraKeys::Node {
  std::map<std::string, Node, std::less<>> objects;
  std::map<std::string, std::string, std::less<>> values;  // JSON

  void write_to(JsonWriter& out) const {
    out.begin_object();
    auto object = objects.begin();
    auto value = values.begin();
    while (object != objects.end() || value != values.end()) {
      const bool take_object =
          value == values.end() || (object != objects.end() && object->first < value->first);
      const std::string& key = take_object ? object->first : value->first;
      out.key(key);
      if (take_object) {
        (object++)->second.write_to(out);
      } else {
        out.raw((value++)->second);
      }
    }
    out.end_object();
  }

  void put(const std::vector<std::string_view>& path, std::string_view key, std::string json) {
    Node* node = this;
    for (const std::string_view step : path) node = &node->objects[std::string(step)];
    node->values.insert_or_assign(std::string(key), std::move(json));
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
  root_->put(path, key, json_text(value, Keys::users));
}

void ExtraKeys::add(const std::vector<std::string_view>& path, std::string_view key,
                    const std::vector<element>& list) {
  JsonWriter writer;
  writer.begin_array();
  for (const element& value : list) write(writer, value, Keys::users);
  writer.end_array();
  root_->put(path, key, writer.take());
}

void ExtraKeys::add_text(std::string_view key, std::string_view text) {
  JsonWriter writer;
  writer.value(text);
  root_->values.try_emplace(std::string(key), writer.take());
}

std::string ExtraKeys::text() const {
  JsonWriter writer;
  root_->write_to(writer);
  return writer.take();
}

}  // namespace nexus_mirror::nexus
