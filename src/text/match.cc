#include "text/match.h"

#include <fnmatch.h>

#include <algorithm>

namespace nexus_mirror::text {

bool matches(const std::vector<std::string>& patterns, const std::string& id,
             const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return pattern == id || pattern == name || ::fnmatch(pattern.c_str(), id.c_str(), 0) == 0 ||
           ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

}  // namespace nexus_mirror::text
