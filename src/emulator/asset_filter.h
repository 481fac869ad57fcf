// The questions that are asked over all assets of a project.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/catalog.h"
#include "emulator/exchange.h"

namespace nexus_mirror::emulator {

// Positions, ascending, of the assets that `group[]` (any of them), `status`, `filename` (whole),
// `filter` and `metadataQuery` let through; nullopt when none of these is asked for. Throws
// Error(http_status 400) for a condition that is none.
std::optional<std::vector<std::size_t>> filtered_assets(const ProjectRecords& project,
                                                        const Query& query);

// Position of the asset of that filename.
std::optional<std::size_t> asset_with_filename(const ProjectRecords& project,
                                               std::string_view filename);

// The answer of /assetgroups as a JSON array: the project's groups in its order, then others that
// assets name; only `wanted` unless empty. Counted from the assets: total, annotated (a status
// other than None), reviewed (Review), toFixed (Tofix) and completed (Completed).
std::string asset_groups_text(const ProjectRecords& project, const std::vector<std::string>& wanted,
                              Dialect dialect);

}  // namespace nexus_mirror::emulator
