// Artifacts with the models that they were exported to.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "nexus/decoder.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::nexus {

struct ArtifactListing {
  objects::RowBatch artifacts{objects::artifacts};
  objects::RowBatch models{objects::models};
  std::vector<UnreadableRow> unreadable, unreadable_models;
  std::optional<Error> models_not_given;  // what the server says of them (is_not_given)
  // An artifact was listed with models, and asked for these the server did not know it: gone
  // meanwhile or not, nothing follows from that `models` holds none of it.
  bool models_out_of_sight = false;
};

// All of project `context.project_id`: one listing and, where it only names the formats of an
// artifact's models, another request for these. Throws what a Client does.
ArtifactListing list_artifacts(const Client& client, const Context& context,
                               const std::stop_token& stop);

// Appends the models of one artifact; false when the server does not know it. Throws as above.
bool list_models(const Client& client, const Context& context, const std::string& artifact_id,
                 const std::stop_token& stop, objects::RowBatch& models,
                 std::vector<UnreadableRow>& unreadable);

}  // namespace nexus_mirror::nexus
