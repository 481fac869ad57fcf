#include "nexus/artifact_listing.h"

namespace nexus_mirror::nexus {

ArtifactListing list_artifacts(const Client& client, const Context& context,
                               const std::stop_token& stop) {
  const Document document =
      client.list(endpoint_of(objects::artifacts), context.project_id, {}, stop);
  ArtifactListing listing;
  Decoder::of(objects::artifacts)
      .decode_list(document, context, listing.artifacts, listing.unreadable);
  for (const NamedExports& named :
       decode_exports(document, context, listing.models, listing.unreadable_models)) {
    const std::size_t before = listing.models.size();
    try {
      if (!listing.models_not_given && !list_models(client, context, named.artifact_id, stop,
                                                    listing.models, listing.unreadable_models)) {
        listing.models_out_of_sight = true;
      }
    } catch (const Error& error) {
      if (!is_not_given(error)) throw;
      listing.models_not_given = error;
    }
    keep_named_formats(listing.artifacts, named, listing.models, before);
  }
  return listing;
}

bool list_models(const Client& client, const Context& context, const std::string& artifact_id,
                 const std::stop_token& stop, objects::RowBatch& models,
                 std::vector<UnreadableRow>& unreadable) {
  const auto answer = client.artifact_exports(context.project_id, artifact_id, stop);
  if (answer) decode_models(*answer, context, artifact_id, models, unreadable);
  return answer.has_value();
}

}  // namespace nexus_mirror::nexus
