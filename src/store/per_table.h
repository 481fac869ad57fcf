// SQL of which the table alone differs. Any thread may call it.
#pragma once

#include <string>

#include "objects/table.h"

namespace nexus_mirror::store {

inline std::string per_table(const char* before, const objects::Table& table, const char* after) {
  return before + std::string(table.name) + after;
}

}  // namespace nexus_mirror::store
