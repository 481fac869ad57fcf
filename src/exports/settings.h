// What is to be exported of a project, from the configuration's [[export]] blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nexus_mirror/config.h"

namespace nexus_mirror::exports {

// Which assets go to which set.
struct SplitSettings {
  double split_ratio = 0;  // 0..1, share that goes to `validate`
  double test_ratio = 0;   // 0..1, share that goes to `test`
  GroupSets sets;
  std::string split_by = "asset";  // as CONTRACT.md 2 has it
  std::int64_t seed = 1337;

  // Whether there is a split at all; else all are in one set.
  bool any() const { return split_ratio > 0 || test_ratio > 0 || !sets.empty(); }
  // Whether it asks for the groups of an asset.
  bool by_groups() const { return any() && (!sets.empty() || split_by == "group"); }
  // Whether it asks for an asset's custom metadata.
  bool by_metadata() const { return any() && split_by.starts_with("metadata:"); }
  bool operator==(const SplitSettings&) const = default;
};

// One format of one project.
struct FormatSettings {
  std::string format;  // a name of CONTRACT.md 5
  SplitSettings split;
  bool images = true;                 // with the images that are kept here, where it has a place
  bool normalized = true;             // CSV: 0..1 rather than pixels
  std::vector<std::string> statuses;  // only assets with one of these; empty = all
  std::vector<std::string> groups;    // only assets in one of these; empty = all

  bool operator==(const FormatSettings&) const = default;
};

// The formats of a project: of the blocks that mean it (by name, id or glob), each format once, as
// the first block that gives it says. Without any block, those that suit `type`.
std::vector<FormatSettings> settings_of(const Config& config, const std::string& project_id,
                                        const std::string& project_name, std::string_view type);

// The formats that suit a project of `type` when none are configured.
std::vector<std::string> default_formats(std::string_view type);

// Whether an asset of this status and in these groups is to be exported.
bool selects(const FormatSettings& settings, std::string_view status,
             const std::vector<std::string>& groups);

// As the manifest shows them: a JSON object with sorted keys. Equal settings, equal text.
std::string settings_json(const FormatSettings& settings);

}  // namespace nexus_mirror::exports
