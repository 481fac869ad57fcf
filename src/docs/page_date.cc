#include "docs/page_date.h"

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "text/number.h"

namespace nexus_mirror::docs {

std::string page_date(const std::string& epoch) {
  constexpr std::int64_t kYear10000 = 253402300800;
  const auto seconds = text::parse_number<std::int64_t>(epoch);
  if (!seconds || *seconds < 0 || *seconds >= kYear10000) return {};
  using namespace std::chrono;
  const year_month_day date{floor<days>(sys_seconds{std::chrono::seconds{*seconds}})};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

}  // namespace nexus_mirror::docs
