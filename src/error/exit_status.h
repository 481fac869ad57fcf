// One exit status of several causes (CONTRACT.md 1).
#pragma once

#include <vector>

#include "nexus_mirror/error.h"

namespace nexus_mirror {

// The one that wins of two: 2, 7, 5, 6, 3, 4, 1, and 0 last.
ExitCode graver(ExitCode one, ExitCode other) noexcept;

// What errors of workspaces come to, of all of which there are `workspaces`: that no key was taken
// or no server was to be had counts only where it is so of every one.
ExitCode exit_code(const std::vector<Error>& errors, std::size_t workspaces) noexcept;

// The first of `errors`, of which there is one at least, that has this exit status, else the first.
const Error& first_with(ExitCode code, const std::vector<Error>& errors) noexcept;

}  // namespace nexus_mirror
