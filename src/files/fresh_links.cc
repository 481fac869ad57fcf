#include "files/fresh_links.h"

#include <utility>

#include "nexus/artifact_listing.h"
#include "nexus/client.h"
#include "nexus/decoder.h"
#include "objects/columns.h"

namespace nexus_mirror::files {
namespace {

std::optional<std::string> non_empty(std::string link) {
  return link.empty() ? std::nullopt : std::optional(std::move(link));
}

std::optional<std::string> link_of_asset(const nexus::Client& client, const store::DueFile& file,
                                         const std::stop_token& stop) {
  const auto document =
      client.find(nexus::endpoint_of(objects::assets), file.project_id, file.entity_id, stop);
  if (!document) return std::nullopt;
  objects::RowBatch asset(objects::assets);
  std::vector<nexus::UnreadableRow> unreadable;
  const nexus::Context context{file.project_id, nullptr};
  if (!nexus::Decoder::of(objects::assets).decode_object(*document, context, asset, unreadable)) {
    throw Error(ErrorCode::bad_response, "reading", "asset " + file.entity_id,
                unreadable.front().reason);
  }
  return non_empty(objects::text_of(asset, 0, "url"));
}

std::optional<std::string> link_of_model(const nexus::Client& client, const store::DueFile& file,
                                         const std::stop_token& stop) {
  objects::RowBatch models(objects::models);
  std::vector<nexus::UnreadableRow> unreadable;
  const nexus::Context context{file.project_id, nullptr};
  nexus::list_models(client, context, file.artifact_id, stop, models, unreadable);
  for (std::size_t i = 0; i < models.size(); ++i) {
    if (objects::text_of(models, i, "id") != file.entity_id) continue;
    return non_empty(objects::text_of(models, i, "download_url"));
  }
  return std::nullopt;
}

// What the next question would meet, too.
bool is_lasting(const Error& error) {
  return error.code() == ErrorCode::key_refused || error.code() == ErrorCode::unreachable ||
         error.code() == ErrorCode::config;
}

}  // namespace

FreshLinks::FreshLinks(const Config& config, Env& env, sync::Observer& observer)
    : config_(config), env_(env), observer_(observer) {
  for (const WorkspaceConfig& workspace : config_.workspaces) keys_.push_back({&workspace, {}, {}});
}

Transport& FreshLinks::transport_of(LinkKey& key) {
  const std::lock_guard lock(mutex_);
  if (key.trouble) throw *key.trouble;
  if (!key.transport) {
    key.transport =
        std::make_unique<sync::WorkspaceTransport>(config_, *key.workspace, env_, observer_);
  }
  return key.transport->get();
}

std::optional<std::string> FreshLinks::ask(LinkKey& key, const store::DueFile& file,
                                           const std::stop_token& stop) {
  try {
    const nexus::Client client(transport_of(key));
    return file.entity == "assets" ? link_of_asset(client, file, stop)
                                   : link_of_model(client, file, stop);
  } catch (const Error& error) {
    if (is_lasting(error)) {
      const std::lock_guard lock(mutex_);
      if (!key.trouble) key.trouble = error;
    }
    throw;
  }
}

std::optional<std::string> FreshLinks::ask(const store::DueFile& file,
                                           const std::stop_token& stop) {
  std::optional<std::size_t> owner;
  {
    const std::lock_guard lock(mutex_);
    const auto found = owners_.find(file.project_id);
    if (found != owners_.end()) owner = found->second;
  }
  std::optional<Error> trouble;
  // A key that does not see the project answers as if there was none.
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (owner && *owner != i) continue;
    try {
      auto link = ask(keys_[i], file, stop);
      if (!link) continue;
      const std::lock_guard lock(mutex_);
      owners_.insert_or_assign(file.project_id, i);
      return link;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::machine) throw;
      if (!trouble) trouble = error;
    }
  }
  if (trouble) throw *trouble;
  return std::nullopt;
}

TransferCount FreshLinks::count() const {
  TransferCount sum;
  const std::lock_guard lock(mutex_);
  for (const LinkKey& key : keys_) {
    if (!key.transport) continue;
    sum.requests += key.transport->count().requests;
    sum.bytes_received += key.transport->count().bytes_received;
  }
  return sum;
}

}  // namespace nexus_mirror::files
