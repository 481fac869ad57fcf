#include "exports/formats/class_folders.h"

#include <set>

#include "exports/file_names.h"

namespace nexus_mirror::exports::formats {

std::vector<std::string> class_folders(const Project& project) {
  std::vector<std::string> folders(project.categories.size());
  std::set<std::string> taken;
  // A name that is fit comes before one that was made, whichever class is the first.
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const std::string& name = project.categories[i].name;
    if (safe_part(name) == name && taken.insert(stem_key(name)).second) folders[i] = name;
  }
  for (std::size_t i = 0; i < folders.size(); ++i) {
    if (!folders[i].empty()) continue;
    const std::string name = safe_part(project.categories[i].name);
    folders[i] = name;
    for (int number = 2; !taken.insert(stem_key(folders[i])).second; ++number) {
      folders[i] = name + "_" + std::to_string(number);
    }
  }
  return folders;
}

}  // namespace nexus_mirror::exports::formats
