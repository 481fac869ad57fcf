#include "docs/page_date.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace nexus_mirror::docs {

std::string page_date(const std::string& epoch) {
  constexpr std::int64_t kYear10000 = 253402300800;
  std::int64_t seconds = 0;
  const char* end = epoch.data() + epoch.size();
  const auto [stopped, failure] = std::from_chars(epoch.data(), end, seconds);
  if (failure != std::errc() || stopped != end || seconds < 0 || seconds >= kYear10000) return {};
  using namespace std::chrono;
  const year_month_day date{floor<days>(sys_seconds{std::chrono::seconds{seconds}})};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace nexus_mirror::docs
