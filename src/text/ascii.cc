#include "text/ascii.h"

#include <algorithm>

namespace nexus_mirror::text {

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = lower(c);
  return lowered;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

std::string folded(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    if (c != '-' && c != '_') kept += lower(c);
  }
  return kept;
}

}  // namespace nexus_mirror::text
