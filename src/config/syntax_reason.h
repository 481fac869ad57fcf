// What is wrong with a file that is no TOML, in the words of who typed it.
#pragma once

#include <string>
#include <string_view>

#include "config/document.h"

namespace nexus_mirror::config {

// One line: what is likely to be wrong and what to write instead. `description` is the parser's,
// `text` the file, `position` where it stopped. Quotes nothing of the file but names of sections
// and keys, for what stands there may be a secret. Any thread.
std::string syntax_reason(std::string_view description, std::string_view text,
                          TextPosition position);

}  // namespace nexus_mirror::config
