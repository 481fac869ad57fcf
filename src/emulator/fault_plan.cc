#include "emulator/fault_plan.h"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <array>
#include <utility>

#include "emulator/exchange.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::array<std::pair<std::string_view, FaultKind>, 24> kFaultNames = {{
    {"status", FaultKind::status},
    {"reset", FaultKind::reset},
    {"cut", FaultKind::cut},
    {"stall", FaultKind::stall},
    {"dead_cursor", FaultKind::dead_cursor},
    {"repeat_cursor", FaultKind::repeat_cursor},
    {"html", FaultKind::html},
    {"huge", FaultKind::huge},
    {"gzip_bomb", FaultKind::gzip_bomb},
    {"empty", FaultKind::empty},
    {"not_json", FaultKind::not_json},
    {"deep", FaultKind::deep},
    {"redirect", FaultKind::redirect},
    {"slow", FaultKind::slow},
    {"hang", FaultKind::hang},
    {"expired", FaultKind::expired},
    {"other_version", FaultKind::other_version},
    {"no_hash", FaultKind::no_hash},
    {"wrong_hash", FaultKind::wrong_hash},
    {"short_file", FaultKind::short_file},
    {"no_range", FaultKind::no_range},
    {"other_range", FaultKind::other_range},
    {"stored_packed", FaultKind::stored_packed},
    {"packed_on_the_way", FaultKind::packed_on_the_way},
}};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::config, "planning", "faults", reason, "see src/emulator/README.md");
}

std::string text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return {};
  if (member->value.IsString()) {
    return {member->value.GetString(), member->value.GetStringLength()};
  }
  if (member->value.IsInt64()) return std::to_string(member->value.GetInt64());
  refuse(std::string(name) + " must be text");
}

std::int64_t number_of(const rapidjson::Value& object, const char* name, std::int64_t absent) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return absent;
  if (!member->value.IsInt64() || member->value.GetInt64() < 0) {
    refuse(std::string(name) + " must be a whole number, 0 or more");
  }
  return member->value.GetInt64();
}

FaultKind kind_of(const rapidjson::Value& object) {
  const std::string name = text_of(object, "fault");
  for (const auto& [known, kind] : kFaultNames) {
    if (known == name) return kind;
  }
  refuse("\"" + name + "\" is no fault");
}

void check_names(const rapidjson::Value& object) {
  static constexpr std::array<std::string_view, 10> kNames = {
      "match",       "nth",      "times", "fault", "status",
      "retry_after", "location", "ms",    "bytes", "chunked"};
  for (const auto& member : object.GetObject()) {
    const std::string_view name(member.name.GetString(), member.name.GetStringLength());
    if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) {
      refuse("unknown key \"" + std::string(name) + "\"");
    }
  }
}

Fault fault_of(const rapidjson::Value& object) {
  Fault fault;
  fault.kind = kind_of(object);
  const std::int64_t status = number_of(object, "status", 0);
  if (status != 0 && (status < 200 || status > 599)) refuse("status must be from 200 to 599");
  fault.status = static_cast<int>(status);
  fault.retry_after = text_of(object, "retry_after");
  fault.location = text_of(object, "location");
  fault.ms = number_of(object, "ms", 0);
  fault.bytes = number_of(object, "bytes", 0);
  const auto chunked = object.FindMember("chunked");
  if (chunked != object.MemberEnd()) {
    if (!chunked->value.IsBool()) refuse("chunked must be true or false");
    fault.chunked = chunked->value.GetBool();
  }
  return fault;
}

std::shared_ptr<const Poco::RegularExpression> as_pattern(const std::string& match) {
  try {
    return std::make_shared<const Poco::RegularExpression>(match);
  } catch (const Poco::RegularExpressionException&) {
    return nullptr;  // "group[" and the like are meant as they stand
  }
}

bool occurs_in(const Poco::RegularExpression& pattern, const std::string& text) {
  Poco::RegularExpression::Match match;
  return pattern.match(text, match) > 0;
}

}  // namespace

void FaultPlan::add(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError()) {
    refuse(std::string("no JSON: ") + rapidjson::GetParseError_En(document.GetParseError()));
  }
  std::vector<Planned> added;
  const auto plan = [&added](const rapidjson::Value& object) {
    if (!object.IsObject()) refuse("a fault is an object");
    check_names(object);
    Planned planned;
    planned.match = text_of(object, "match");
    planned.pattern = as_pattern(planned.match);
    planned.nth = static_cast<std::uint64_t>(number_of(object, "nth", 1));
    planned.times =
        static_cast<std::uint64_t>(number_of(object, "times", planned.nth == 0 ? 0 : 1));
    planned.fault = fault_of(object);
    added.push_back(std::move(planned));
  };
  if (document.IsArray()) {
    for (const rapidjson::Value& element : document.GetArray()) plan(element);
  } else {
    plan(document);
  }
  const std::lock_guard lock(mutex_);
  for (Planned& planned : added) planned_.push_back(std::move(planned));
}

void FaultPlan::clear() {
  const std::lock_guard lock(mutex_);
  planned_.clear();
}

bool FaultPlan::is_due(const Planned& planned) {
  const bool reached = planned.nth == 0 || planned.seen >= planned.nth;
  return reached && (planned.times == 0 || planned.fired < planned.times);
}

std::optional<Fault> FaultPlan::next(const std::string& target) {
  const std::lock_guard lock(mutex_);
  if (planned_.empty()) return std::nullopt;
  const std::string decoded = percent_decoded(target);
  std::optional<Fault> due;
  for (Planned& planned : planned_) {
    const bool matches = target.find(planned.match) != std::string::npos ||
                         decoded.find(planned.match) != std::string::npos ||
                         (planned.pattern && (occurs_in(*planned.pattern, target) ||
                                              occurs_in(*planned.pattern, decoded)));
    if (!matches) continue;
    ++planned.seen;
    if (due || !is_due(planned)) continue;
    ++planned.fired;
    due = planned.fault;
  }
  return due;
}

}  // namespace nexus_mirror::emulator
