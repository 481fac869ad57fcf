#include "emulator/rate_limit.h"

#include <string_view>

#include "nexus_mirror/error.h"
#include "text/number.h"

namespace nexus_mirror::emulator {
namespace {

std::uint32_t positive(std::string_view text, const std::string& whole) {
  const auto value = text::parse_number<std::uint32_t>(text);
  if (!value || *value == 0) {
    throw Error(ErrorCode::usage, "reading", "--rate-limit", "\"" + whole + "\" is no rate",
                "write N for N requests a second, or N/S for N requests in S seconds");
  }
  return *value;
}

}  // namespace

RateLimitOptions parse_rate_limit(const std::string& text) {
  const std::string_view view = text;
  const std::size_t slash = view.find('/');
  RateLimitOptions options;
  options.requests = positive(view.substr(0, slash), text);
  if (slash != std::string_view::npos) options.seconds = positive(view.substr(slash + 1), text);
  return options;
}

std::int64_t RateLimit::take(std::int64_t now_ms) {
  if (options_.requests == 0) return 0;
  const std::int64_t length = std::int64_t{options_.seconds} * 1000;
  const std::lock_guard lock(mutex_);
  if (now_ms - window_start_ >= length) {
    window_start_ = now_ms;
    taken_ = 0;
  }
  if (taken_ < options_.requests) {
    ++taken_;
    return 0;
  }
  return (window_start_ + length - now_ms + 999) / 1000;
}

}  // namespace nexus_mirror::emulator
