// The classes of a format's files with their numbers, and what became of them since the last
// export: a model that was trained depends on the numbers. Any thread may call anything.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exports/data_set.h"
#include "exports/writer.h"

namespace nexus_mirror::exports {

// The classes of `project` with the numbers of a format, [{"id":N,"name":"..."}].
std::string classes_json(const Project& project, ClassIds ids);

// A number whose class has another name, which no class had before, in place of one that no class
// has any more.
struct ClassRename {
  std::int64_t id = 0;
  std::string before, after;
};

struct ClassChanges {
  bool renumbered = false;  // a name that is there before and after has another number
  std::vector<ClassRename> renames;
};

// Both as classes_json() writes them. A class that is new or gone is no change.
ClassChanges compare_classes(const std::string& before, const std::string& after);

}  // namespace nexus_mirror::exports
