// How many of what, as people say it. Any thread may call it.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

// "1 row", "0 rows", "3 rows"; `many` where it is not `one` with an s: "2 copies". What follows the
// noun may be part of both: counted(n, "model has", "models have").
template <std::integral Number>
std::string counted(Number count, std::string_view one, std::string_view many = {}) {
  std::string text = std::to_string(count) + " ";
  if (count == 1) return text.append(one);
  return many.empty() ? text.append(one) + "s" : text.append(many);
}

}  // namespace nexus_mirror::text
