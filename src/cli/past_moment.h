// Moments of the past that the mirror can be shown at, as people write them in an option.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/command_context.h"
#include "store/past/as_of.h"

namespace nexus_mirror::cli {

// Reads the value of `option` ("--at"): what read_moment() reads, or "run:ID", when that run was
// created. The mirror is shown as it was when the last sync that had ended by then ended. Throws
// Error: usage (nothing of these; before the history, saying since when it can be answered; a run
// that never was, or that two projects have), and what Database throws.
// `asked`, which may be null, is given the moment that was written (UNIX ms).
store::AsOf read_as_of(std::string_view option, const std::string& text, store::Database& mirror,
                       const CommandContext& context, std::int64_t* asked = nullptr);

}  // namespace nexus_mirror::cli
