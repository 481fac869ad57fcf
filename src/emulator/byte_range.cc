#include "emulator/byte_range.h"

#include <algorithm>

#include "text/number.h"

namespace nexus_mirror::emulator {

ByteRange ByteRange::read(std::string_view header, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const std::size_t dash = header.find('-');
  if (!header.starts_with(kUnit) || dash == std::string_view::npos) return {};
  const std::string_view from = header.substr(kUnit.size(), dash - kUnit.size());
  const std::string_view to = header.substr(dash + 1);
  const auto first = text::parse_number<std::size_t>(from);
  const auto last = text::parse_number<std::size_t>(to);
  if ((!from.empty() && !first) || (!to.empty() && !last) || (!first && !last)) return {};
  if (!first) {  // the last so many bytes
    if (*last == 0 || size == 0) return {Kind::behind_the_end};
    return {Kind::part, size - std::min(*last, size), size - 1};
  }
  if (last && *last < *first) return {};
  if (*first >= size) return {Kind::behind_the_end};
  return {Kind::part, *first, last ? std::min(*last, size - 1) : size - 1};
}

}  // namespace nexus_mirror::emulator
