// One value of the file into its place in a Config, checked.
#pragma once

#include <filesystem>
#include <vector>

#include "config/document.h"
#include "config/settings.h"

namespace nexus_mirror::config {

// Writes `node` behind `slot` when it is a value that `setting` may have; else leaves the slot as
// it is and adds what is wrong to `problems`. Relative paths start at `folder`. "" for a setting
// that may be left out is as good as leaving it out.
void read_value(const Setting& setting, const Node& node, const SettingSlot& slot,
                const std::filesystem::path& folder, std::vector<Problem>& problems);

// Why `key` cannot be sent in a header, or "" when it can. Does not show it.
std::string secret_problem(std::string_view key);

}  // namespace nexus_mirror::config
