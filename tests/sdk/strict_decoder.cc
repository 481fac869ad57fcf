#include "sdk/strict_decoder.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace nexus_mirror::testing {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// Parts that no bracket encloses.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (c == separator && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string kind_of(const rapidjson::Value& value) {
  if (value.IsNull()) return "null";
  if (value.IsBool()) return "a boolean";
  if (value.IsString()) return "text";
  if (value.IsArray()) return "a list";
  if (value.IsObject()) return "an object";
  return value.IsInt64() || value.IsUint64() ? "a whole number" : "a fraction";
}

bool is_primitive(std::string_view type) {
  return type == "text" || type == "int" || type == "float" || type == "bool" || type == "any";
}

bool fits(const rapidjson::Value& value, std::string_view type) {
  if (type == "text") return value.IsString();
  if (type == "int") return value.IsInt64() || value.IsUint64();
  if (type == "float") return value.IsNumber();
  if (type == "bool") return value.IsBool();
  return type == "any";
}

bool may_be_absent(std::string_view type) { return type.ends_with('?') || type.ends_with('='); }

}  // namespace

StrictDecoder::StrictDecoder(std::string_view declarations) {
  std::istringstream lines{std::string(declarations)};
  std::string declaration;
  const auto finish = [&] {
    if (!trimmed(declaration).empty()) declare(trimmed(declaration));
    declaration.clear();
  };
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ")) finish();
    declaration += line;
  }
  finish();
  for (const auto& [name, fields] : objects_) {
    for (const Field& field : fields) check_name(field.type);
  }
}

void StrictDecoder::declare(std::string_view line) {
  const std::size_t equals = line.find(" = "), colon = line.find(": ");
  if (equals != std::string_view::npos) {
    std::istringstream values{std::string(line.substr(equals + 3))};
    auto& enumeration = enumerations_[std::string(line.substr(0, equals))];
    for (std::string value; values >> value;) enumeration.push_back(value);
    return;
  }
  if (colon == std::string_view::npos)
    throw std::runtime_error("no declaration: " + std::string(line));
  auto& fields = objects_[std::string(line.substr(0, colon))];
  for (const std::string& part : split(line.substr(colon + 2), ',')) {
    const std::string_view field = trimmed(part);
    const std::size_t blank = field.find(' ');
    if (blank == std::string_view::npos) throw std::runtime_error("no type: " + part);
    fields.push_back(
        {std::string(field.substr(0, blank)), std::string(trimmed(field.substr(blank)))});
  }
}

void StrictDecoder::check_name(const std::string& type) const {
  std::string name;
  for (const char c : type + "|") {
    if (std::string_view("[]{}|?=").find(c) == std::string_view::npos) {
      name += c;
      continue;
    }
    if (!name.empty() && !is_primitive(name) && !objects_.contains(name) &&
        !enumerations_.contains(name)) {
      throw std::runtime_error("no such type: " + name);
    }
    name.clear();
  }
}

std::string StrictDecoder::error_in(std::string_view text, const std::string& type) const {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(text.data(),
                                                                                      text.size());
  if (document.HasParseError()) return "$: no JSON";
  return error(document, type, "$");
}

std::string StrictDecoder::error(const rapidjson::Value& value, std::string_view type,
                                 const std::string& place) const {
  const std::string wrong = place + ": " + kind_of(value) + " is no " + std::string(type);
  if (type.ends_with('?')) {
    return value.IsNull() ? "" : error(value, type.substr(0, type.size() - 1), place);
  }
  if (type.ends_with('=')) return error(value, type.substr(0, type.size() - 1), place);
  const std::vector<std::string> either = split(type, '|');
  if (either.size() > 1) {
    const bool any = std::any_of(either.begin(), either.end(), [&](const std::string& one) {
      return error(value, one, place).empty();
    });
    return any ? "" : wrong;
  }
  if (type.starts_with('[')) {
    if (!value.IsArray()) return wrong;
    for (rapidjson::SizeType i = 0; i < value.Size(); ++i) {
      const std::string found =
          error(value[i], type.substr(1, type.size() - 2), place + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  if (type.starts_with('{')) {
    if (!value.IsObject()) return wrong;
    for (const auto& member : value.GetObject()) {
      const std::string found = error(member.value, type.substr(1, type.size() - 2),
                                      place + "." + member.name.GetString());
      if (!found.empty()) return found;
    }
    return "";
  }
  if (is_primitive(type)) return fits(value, type) ? "" : wrong;
  const auto enumeration = enumerations_.find(std::string(type));
  if (enumeration == enumerations_.end()) return error_in_object(value, std::string(type), place);
  const auto& values = enumeration->second;
  const bool known = value.IsString() &&
                     std::find(values.begin(), values.end(), value.GetString()) != values.end();
  return known ? "" : wrong;
}

std::string StrictDecoder::error_in_object(const rapidjson::Value& value, const std::string& name,
                                           const std::string& place) const {
  if (!value.IsObject()) return place + ": " + kind_of(value) + " is no " + name;
  for (const Field& field : objects_.at(name)) {
    const auto member = value.FindMember(field.key.c_str());
    if (member == value.MemberEnd()) {
      if (!may_be_absent(field.type)) return place + ": " + name + " lacks " + field.key;
      continue;
    }
    const std::string found = error(member->value, field.type, place + "." + field.key);
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace nexus_mirror::testing
