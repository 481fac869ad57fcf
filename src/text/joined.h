// Lists of texts in one text. Any thread may call it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// What `shown` makes of each item (text as it is), with `separator` between any two.
template <class Items, class Shown = std::identity>
std::string joined(const Items& items, std::string_view separator, Shown shown = {}) {
  std::string list;
  bool first = true;
  for (const auto& item : items) {
    if (!first) list += separator;
    first = false;
    list += std::invoke(shown, item);
  }
  return list;
}

}  // namespace nexus_mirror::text
