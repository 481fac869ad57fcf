// The models of a project with the links that they can be had from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/snapshot.h"

namespace nexus_mirror::store {

// Texts that the mirror has not are none. Times are UNIX milliseconds.
struct ModelLink {
  std::optional<std::string> model_id, artifact_id, artifact_name, run_id, flow_title, format,
      quantization, status;
  std::optional<std::string> url;  // signed: a secret
  std::optional<std::int64_t> expiry, create_date;
  std::optional<std::string> file;  // where it lies in an export; not the mirror's to say
};

// Dead links as well; by time of creation, then id. Throws as `snapshot` does.
std::vector<ModelLink> model_links_of(Snapshot& snapshot, std::string_view project_id);

}  // namespace nexus_mirror::store
