// Names in files that have one name, or one image, per line. Any thread may call anything.
#pragma once

#include <string>
#include <string_view>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// The names of the classes, one per line, in the order of Category::line. Control characters and
// whatever else a reader may take for the end of a line (U+2028, say) become a blank, so that the
// number of a class stays the number of its line.
std::string class_lines(const Project& project);

// Whether a reader that parts a line at blanks, Unicode's among them, would part `name`.
bool has_blank(std::string_view name);

// The extension of a file name with its dot, "" where it has none; ".hidden" has none.
std::string_view extension_of(std::string_view name);

}  // namespace nexus_mirror::exports::formats
