// Enumerations have two forms: the short one belongs to every run of the tests, the long one to
// `tests/run.sh --long`.
#pragma once

#include <cstdlib>
#include <string_view>

namespace nexus_mirror::testing {

// Whether NEXUS_MIRROR_LONG=1.
inline bool long_run() {
  const char* const said = std::getenv("NEXUS_MIRROR_LONG");
  return said != nullptr && std::string_view(said) == "1";
}

// `often` of a long run, else `seldom`.
template <typename Count>
Count long_or_short(Count often, Count seldom) {
  return long_run() ? often : seldom;
}

}  // namespace nexus_mirror::testing
