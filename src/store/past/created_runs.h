// When runs were created, also those that are gone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

struct CreatedRun {
  std::string project_id;
  std::optional<std::int64_t> created;  // UNIX ms; the server may not say
};

// The runs of that id, by project: of now, else as the history tells of them last. Throws as
// Database does.
std::vector<CreatedRun> created_runs(Database& database, const std::string& run_id);

}  // namespace nexus_mirror::store
