// models/links.json and links.csv of a project.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "exports/staging.h"
#include "store/snapshot.h"

namespace nexus_mirror::exports {

inline constexpr const char* kLinksJson = "models/links.json";
inline constexpr const char* kLinksCsv = "models/links.csv";

struct LinkTimes {
  std::int64_t now_ms = 0;     // UNIX
  std::int64_t margin_ms = 0;  // a link that dies within it is replaced
};

// Where the files of models lie, below the links' folder, by the models' ids.
using ModelFiles = std::map<std::string, std::string>;

// Whether the files in `folder` (the project's) are to be written: models or their status changed,
// a link is about to die and there is a better one, or they are not there.
bool links_are_due(store::Snapshot& snapshot, const std::string& project_id,
                   const std::filesystem::path& folder, const ModelFiles& files,
                   const LinkTimes& times);

// Writes both, 0640: whoever holds a link has the file. Returns those that changed.
std::vector<const char*> write_link_files(store::Snapshot& snapshot, const std::string& project_id,
                                          Staging& staging, const ModelFiles& files,
                                          const LinkTimes& times);

}  // namespace nexus_mirror::exports
