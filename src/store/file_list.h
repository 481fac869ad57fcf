// Files that are kept or wanted, for people and for who checks them. All throw as Database does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/database.h"

namespace nexus_mirror::store {

// nullopt = NULL.
struct ListedFile {
  std::string entity, entity_id, project_id;
  std::optional<std::string> filename;  // of an asset
  std::string status;
  std::optional<std::int64_t> bytes;
  std::optional<std::string> sha256;
  std::optional<std::string> path;  // absolute; of one that is here
  std::optional<std::string> error;
};

// Whether the mirror has a table of them: older ones have none.
bool keeps_files(Database& database);

// Those of the projects named (empty = all), by project, entity and id; `missing`: those alone that
// are not here.
void for_each_file(Database& database, const std::vector<std::string>& project_ids, bool missing,
                   const std::function<void(const ListedFile&)>& take);

// Content that files refer to, each once, in the order of its hash.
struct KeptContent {
  std::string sha256;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> verified_at;  // UNIX ms
};
std::vector<KeptContent> kept_content(Database& database, const std::string& after,
                                      std::int64_t most);

// Whether a row, or the history of one of these projects, refers to the content.
bool refers_to_content(Database& database, const std::string& sha256,
                       const std::vector<std::string>& image_projects);

// Since when nothing has referred to it; nullopt = nobody knows of it, or something did when last
// looked at.
std::optional<std::int64_t> unused_since(Database& database, const std::string& sha256);

}  // namespace nexus_mirror::store
