// Which projects a list of names, ids and globs means.
#pragma once

#include <string>
#include <vector>

namespace nexus_mirror::text {

// Whether one of `patterns` is `id` or `name`, or matches one of them as a shell pattern.
bool matches(const std::vector<std::string>& patterns, const std::string& id,
             const std::string& name);

}  // namespace nexus_mirror::text
