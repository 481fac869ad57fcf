// Names in files that have one name, or one image, per line. Any thread may call anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// The names of the classes in the order of Category::line. Control characters and whatever else a
// reader may take for the end of a line (U+2028, say) become a blank, so that the number of a class
// stays the number of its line.
std::vector<std::string> class_names(const Project& project);
std::string class_lines(const Project& project);  // one per line

// A set as lists of images are called: "train", "val", "test".
std::string_view short_name(Split split);

// What follows `stem` in the name of an image whose other files bear that stem, with its dot; ""
// where it has no extension.
std::string_view extension_of(const Image& image);

}  // namespace nexus_mirror::exports::formats
