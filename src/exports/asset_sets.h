// Which set of which split each asset is in, as table `asset_sets` of the mirror tells.
#pragma once

#include <vector>

#include "exports/settings.h"
#include "store/asset_sets.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

// Brings the rows of `project_id` up to date with `formats`: of each asset one for each split that
// formats which take it share; none where there is no split. What is the same is not written.
// Memory does not grow with the project. Throws Error: machine, config.
void update_asset_sets(store::Snapshot& snapshot, store::AssetSets& sets,
                       const std::string& project_id, const std::vector<FormatSettings>& formats);

}  // namespace nexus_mirror::exports
