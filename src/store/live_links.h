// The view model_links, and when the links of models die.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

// A row of the view model_links: a link that works now. nullopt = NULL.
struct LiveLink {
  std::optional<std::string> project_id, project_name, run_id, artifact_id, artifact_name, model_id,
      format, quantization, status;
  std::optional<std::string> url;      // signed: a secret
  std::optional<std::int64_t> expiry;  // UNIX ms
};

// Those of the projects named (empty = all), by the names of project, artifact and format. All
// throw as Database does.
void for_each_live_link(Database& database, const std::vector<std::string>& project_ids,
                        const std::function<void(const LiveLink&)>& take);

// Finished models of these projects without a live link.
std::int64_t models_without_link(Database& database, const std::vector<std::string>& project_ids);

// Of links of projects that are not gone (those cannot be renewed), alive at `now` (UNIX ms).
std::optional<std::int64_t> earliest_expiry(Database& database, std::int64_t now);
// Ids of projects with such links that die before `before` (UNIX ms).
std::vector<std::string> projects_with_dying_links(Database& database, std::int64_t now,
                                                   std::int64_t before);

}  // namespace nexus_mirror::store
