// What --help says, as wide as the terminal.
#pragma once

#include <cstddef>
#include <string>

namespace nexus_mirror::cli {

// `help`, whose descriptions begin at column `column`, with no line of more than `width` columns
// where a blank allows it: what a line goes on with stands below its description.
std::string fitted_help(const std::string& help, std::size_t column, std::size_t width);

}  // namespace nexus_mirror::cli
