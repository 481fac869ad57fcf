// The classes of a project as folders.
#pragma once

#include <string>
#include <vector>

#include "exports/data_set.h"

namespace nexus_mirror::exports::formats {

// The folder of each class, in the order of Category::line: its name, but cleaned where that would
// lead elsewhere, and with a number behind it where some disk takes it for the folder of another
// class, whose name is fit or comes before it. No two are one on any disk. Any thread.
std::vector<std::string> class_folders(const Project& project);

}  // namespace nexus_mirror::exports::formats
