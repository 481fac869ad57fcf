// Patterns that were meant to select projects and select none: mistyped, most likely.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/tables.h"

namespace nexus_mirror::sync {

// The project whose name is most like the pattern, of which what is before its first wildcard
// counts; empty where none is near.
std::string nearest_project(const std::string& pattern,
                            const std::vector<store::KnownProject>& projects);

// What to do about a pattern that means no project: "did you mean 'cars'?", else `otherwise`.
std::string did_you_mean_project(const std::string& pattern,
                                 const std::vector<store::KnownProject>& projects,
                                 std::string_view otherwise);

// Warns of each of `patterns` that means none of `projects`: "<of> "carz*", which no project has
// as its name or id (did you mean "cars"?); <so>". Returns whether there is such a one. "*" means
// all there are, and so is never wrong.
bool warn_of_unmatched(const std::string& of, const std::vector<std::string>& patterns,
                       const std::vector<store::KnownProject>& projects, const std::string& so);

}  // namespace nexus_mirror::sync
