#include "exports/split.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "nexus_mirror/error.h"
#include "text/digest.h"
#include "text/expression.h"
#include "text/number.h"

namespace nexus_mirror::exports {
namespace {

// Of the text, 0 up to but not 1.
double fraction_of(const std::string& text, std::int64_t seed) {
  constexpr std::size_t kDigits = 16;
  constexpr int kBits = 53;
  const std::string digest = text::sha256(std::to_string(seed) + ":" + text);
  const std::string_view start = std::string_view(digest).substr(0, kDigits);
  const std::uint64_t bits = text::parse_number<std::uint64_t>(start, 16).value() >> (64 - kBits);
  return std::ldexp(static_cast<double>(bits), -kBits);
}

bool share_one(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  return std::any_of(some.begin(), some.end(), [&](const std::string& one) {
    return std::find(others.begin(), others.end(), one) != others.end();
  });
}

// The value of `key` in a JSON object: a text, or a number or flag as it is written.
std::optional<std::string> value_in(std::string_view object, const std::string& key) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(object.data(),
                                                                                     object.size());
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;
  const auto found = json.FindMember(rapidjson::Value(
      key.data(), static_cast<rapidjson::SizeType>(key.size()), json.GetAllocator()));
  if (found == json.MemberEnd()) return std::nullopt;
  const rapidjson::Value& value = found->value;
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (!value.IsString() || value.GetStringLength() == 0) return std::nullopt;
  return std::string(value.GetString(), value.GetStringLength());
}

}  // namespace

struct Splitter::Expression {
  text::Expression pattern;
};

Splitter::Splitter(const SplitSettings& settings) : settings_(settings) {
  const std::size_t colon = settings_.split_by.find(':');
  by_ = settings_.split_by.substr(0, colon);
  if (colon != std::string::npos) key_ = settings_.split_by.substr(colon + 1);
  if (by_ != "filename") return;
  try {
    expression_.reset(new Expression{text::Expression(key_)});
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::config, "splitting", "by " + settings_.split_by, error.what(),
                "mend split_by in [[export]]");
  }
}

Splitter::~Splitter() = default;
Splitter::Splitter(Splitter&&) noexcept = default;

std::string Splitter::text_of(const SplitSubject& subject) const {
  std::optional<std::string> found;
  if (by_ == "group" && !subject.groups.empty()) found = subject.groups.front();
  if (by_ == "metadata") found = value_in(subject.custom_metadata, key_);
  if (expression_) found = expression_->pattern.find(subject.filename);
  return found && !found->empty() ? *found : std::string(subject.asset_id);
}

Split Splitter::split_of(const SplitSubject& subject) const {
  if (share_one(settings_.sets.test, subject.groups)) return Split::test;
  if (share_one(settings_.sets.validate, subject.groups)) return Split::validate;
  if (share_one(settings_.sets.train, subject.groups)) return Split::train;
  if (settings_.split_ratio <= 0 && settings_.test_ratio <= 0) return Split::train;
  const double fraction = fraction_of(text_of(subject), settings_.seed);
  if (fraction < settings_.split_ratio) return Split::validate;
  return fraction >= 1 - settings_.test_ratio ? Split::test : Split::train;
}

std::string_view name_of(Split split) {
  if (split == Split::train) return "train";
  return split == Split::validate ? "validate" : "test";
}

std::string_view ImageSet::name() const { return whole ? "annotations" : name_of(split); }

std::vector<ImageSet> sets_of(const SplitSettings& settings) {
  if (!settings.any()) return {{Split::train, true}};
  std::vector<ImageSet> sets = {{Split::train, false}};
  if (settings.split_ratio > 0 || !settings.sets.validate.empty()) {
    sets.push_back({Split::validate, false});
  }
  if (settings.test_ratio > 0 || !settings.sets.test.empty()) sets.push_back({Split::test, false});
  return sets;
}

bool has_set(const SplitSettings& settings, Split split) {
  const std::vector<ImageSet> sets = sets_of(settings);
  return std::any_of(sets.begin(), sets.end(),
                     [&](const ImageSet& set) { return set.split == split; });
}

}  // namespace nexus_mirror::exports
