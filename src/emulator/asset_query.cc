#include "emulator/asset_query.h"

#include <algorithm>
#include <array>
#include <string>

#include "nexus_mirror/error.h"
#include "text/ascii.h"

namespace nexus_mirror::emulator {
namespace {

using rapidjson::Value;

const Value kNull;

constexpr std::array<std::string_view, 11> kOperators = {
    "and", "or", "not", "!", "=", "==", "!=", "<", "<=", ">", ">="};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error::from_status(400, "filtering", "assets", reason);
}

std::string_view text_of(const Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

bool is_operator(std::string_view name) {
  return name == "in" || name == "var" ||
         std::find(kOperators.begin(), kOperators.end(), name) != kOperators.end();
}

// The member of that name, in whatever spelling.
const Value& member(const Value& object, std::string_view name) {
  if (!object.IsObject()) return kNull;
  for (const auto& entry : object.GetObject()) {
    if (text_of(entry.name) == name) return entry.value;
  }
  const std::string folded = text::folded(name);
  for (const auto& entry : object.GetObject()) {
    if (text::folded(text_of(entry.name)) == folded) return entry.value;
  }
  return kNull;
}

bool equal(const Value& left, const Value& right) {
  if (left.IsArray() != right.IsArray()) {
    const Value& list = left.IsArray() ? left : right;
    const Value& wanted = left.IsArray() ? right : left;
    const auto elements = list.GetArray();
    return std::any_of(elements.begin(), elements.end(),
                       [&wanted](const Value& element) { return element == wanted; });
  }
  return left == right;
}

bool contains(const Value& whole, const Value& part) {
  if (whole.IsArray()) return equal(whole, part);
  return whole.IsString() && part.IsString() &&
         text_of(whole).find(text_of(part)) != std::string_view::npos;
}

// Numbers by value, texts by their bytes; anything else has no order.
bool ordered(std::string_view name, const Value& left, const Value& right) {
  int order = 0;
  if (left.IsNumber() && right.IsNumber()) {
    const double a = left.GetDouble(), b = right.GetDouble();
    order = a < b ? -1 : a > b ? 1 : 0;
  } else if (left.IsString() && right.IsString()) {
    order = text_of(left).compare(text_of(right));
  } else {
    return false;
  }
  return (order < 0 && name.front() == '<') || (order > 0 && name.front() == '>') ||
         (order == 0 && name.ends_with('='));
}

}  // namespace

AssetQuery::AssetQuery(std::string_view text, Subject subject) : subject_(subject) {
  expression_.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (expression_.HasParseError() || !expression_.IsObject()) refuse("no JSON object");
}

bool AssetQuery::matches(std::string_view asset) const {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(asset.data(), asset.size());
  if (document.HasParseError()) return false;
  const auto members = expression_.GetObject();
  const bool is_plain = subject_ == Subject::metadata &&
                        std::none_of(members.begin(), members.end(), [](const auto& entry) {
                          return is_operator(text_of(entry.name));
                        });
  if (!is_plain) return truth(expression_, document);
  return std::all_of(members.begin(), members.end(), [&](const auto& entry) {
    return equal(variable(text_of(entry.name), document), entry.value);
  });
}

bool AssetQuery::truth(const Value& expression, const Value& asset) const {
  if (expression.IsBool()) return expression.GetBool();
  if (!expression.IsObject() || expression.MemberCount() != 1) refuse("not one operator");
  const std::string_view name = text_of(expression.MemberBegin()->name);
  const Value& given = expression.MemberBegin()->value;
  if (name == "var") return operand(expression, asset) == Value(true);
  if (name == "!" || name == "not") {
    return !truth(given.IsArray() && given.Size() == 1 ? given[0] : given, asset);
  }
  if (!given.IsArray()) refuse("\"" + std::string(name) + "\" lacks its list");
  const auto operands = given.GetArray();
  const auto holds = [&](const Value& each) { return truth(each, asset); };
  if (name == "and") return std::all_of(operands.begin(), operands.end(), holds);
  if (name == "or") return std::any_of(operands.begin(), operands.end(), holds);
  if (!is_operator(name)) refuse("the operator \"" + std::string(name) + "\" is not known");
  if (operands.Size() != 2) refuse("\"" + std::string(name) + "\" takes two operands");
  const Value& left = operand(operands[0], asset);
  const Value& right = operand(operands[1], asset);
  if (name == "in") return contains(right, left);
  if (name == "=" || name == "==") return equal(left, right);
  if (name == "!=") return !equal(left, right);
  return ordered(name, left, right);
}

const Value& AssetQuery::operand(const Value& expression, const Value& asset) const {
  if (!expression.IsObject()) return expression;
  const Value& name = member(expression, "var");
  if (!name.IsString()) refuse("an operand is neither a value nor {\"var\": name}");
  return variable(text_of(name), asset);
}

const Value& AssetQuery::variable(std::string_view name, const Value& asset) const {
  const Value& metadata = member(asset, "metadata");
  const Value& custom = member(metadata, "customMetadata");
  if (subject_ == Subject::metadata) return member(custom, name);
  for (const std::string_view prefix : {"metadata.customMetadata.", "customMetadata."}) {
    if (name.starts_with(prefix)) return member(custom, name.substr(prefix.size()));
  }
  constexpr std::string_view kMetadata = "metadata.";
  if (name.starts_with(kMetadata)) return member(metadata, name.substr(kMetadata.size()));
  if (name == "group") name = "groups";
  const Value& own = member(asset, name);
  return own.IsNull() ? member(metadata, name) : own;
}

}  // namespace nexus_mirror::emulator
