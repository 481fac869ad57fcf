#include "text/expression.h"

#include <Poco/Exception.h>
#include <Poco/RegularExpression.h>

#include <stdexcept>

namespace nexus_mirror::text {

using Poco::RegularExpression;

struct Expression::Compiled {
  RegularExpression expression;
  bool grouped = false;
};

namespace {

// Whether `pattern`, which compiles, has a group. An empty one behind it takes part in every match,
// so that its number, the last that is reported, tells how many precede it.
bool has_group(const std::string& pattern) {
  const RegularExpression counted("(?:" + pattern + ")?()", RegularExpression::RE_UTF8);
  RegularExpression::MatchVec parts;
  counted.match("", 0, parts);
  return parts.size() > 2;
}

}  // namespace

Expression::Expression(const std::string& pattern) try
    : compiled_(new Compiled{RegularExpression(pattern, RegularExpression::RE_UTF8), false}) {
  compiled_->grouped = has_group(pattern);
} catch (const Poco::Exception& error) {
  throw std::invalid_argument(error.message());
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

std::optional<std::string> Expression::find(std::string_view subject) const {
  RegularExpression::MatchVec parts;
  try {
    compiled_->expression.match(std::string(subject), 0, parts);
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
  if (parts.empty()) return std::nullopt;
  if (compiled_->grouped && parts.size() < 2) return std::nullopt;
  const auto& part = parts[compiled_->grouped ? 1 : 0];
  if (part.offset == std::string::npos) return std::nullopt;
  return std::string(subject.substr(part.offset, part.length));
}

}  // namespace nexus_mirror::text
