// Whose file a statement is about.
#pragma once

#include <string_view>

#include "store/kept_files.h"

namespace nexus_mirror::store {

// Binds the first three parameters: project, entity, id. `file` must stay until the next reset().
inline Statement& bind_file(Statement& statement, const FileId& file) {
  return statement.bind(1, std::string_view(file.project_id))
      .bind(2, std::string_view(file.entity))
      .bind(3, std::string_view(file.entity_id));
}

}  // namespace nexus_mirror::store
