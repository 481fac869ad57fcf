// Names in files that have one name, or one image, per line. Any thread may call anything.
#pragma once

#include <span>
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

// The same for readers that pass over files of other extensions than `loadable` (in lower case): an
// image of a type that they read gets the one of that type.
std::string_view loadable_extension(const Image& image, std::span<const std::string_view> loadable);

// Where an image lies whose file's name the annotations say: "images/cat.jpg".
std::string image_path(const Image& image);

}  // namespace nexus_mirror::exports::formats
