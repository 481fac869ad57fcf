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

template <typename Answer, typename Ask>
std::optional<Answer> FreshLinks::with_keys(const std::string& project_id, const Ask& ask) {
  std::optional<std::size_t> owner;
  {
    const std::lock_guard lock(mutex_);
    const auto found = owners_.find(project_id);
    if (found != owners_.end()) owner = found->second;
  }
  std::optional<Error> trouble;
  // A key that does not see the project answers as if there was none.
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (owner && *owner != i) continue;
    try {
      std::optional<Answer> answer = ask(nexus::Client(transport_of(keys_[i])));
      if (!answer) continue;
      const std::lock_guard lock(mutex_);
      owners_.insert_or_assign(project_id, i);
      return answer;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted || error.code() == ErrorCode::machine) throw;
      if (is_lasting(error)) {
        const std::lock_guard lock(mutex_);
        if (!keys_[i].trouble) keys_[i].trouble = error;
      }
      if (!trouble) trouble = error;
    }
  }
  if (trouble) throw *trouble;
  return std::nullopt;
}

std::optional<std::string> FreshLinks::ask(const store::DueFile& file,
                                           const std::stop_token& stop) {
  return with_keys<std::string>(file.project_id, [&](const nexus::Client& client) {
    return file.entity == "assets" ? link_of_asset(client, file, stop)
                                   : link_of_model(client, file, stop);
  });
}

ListedLinks FreshLinks::list(const std::string& project_id, const std::string& cursor,
                             std::int64_t limit, const std::stop_token& stop) {
  const auto page = with_keys<ListedLinks>(project_id, [&](const nexus::Client& client) {
    nexus::ListQuery query;
    query.limit = limit;
    query.cursor = cursor;
    nexus::ListingPage answer =
        client.page(nexus::endpoint_of(objects::assets), project_id, query, stop);
    objects::RowBatch assets(objects::assets);
    std::vector<nexus::UnreadableRow> unreadable;
    nexus::Decoder::of(objects::assets)
        .decode_list(answer.document(), {project_id, nullptr}, assets, unreadable);
    ListedLinks listed;
    for (std::size_t i = 0; i < assets.size(); ++i) {
      std::string link = objects::text_of(assets, i, "url");
      if (link.empty()) continue;
      listed.links.push_back({objects::text_of(assets, i, "id"), std::move(link),
                              objects::integer_of(assets, i, "url_expiry")});
    }
    if (answer.next() != cursor) listed.next = answer.next();
    return std::optional(std::move(listed));
  });
  return page.value_or(ListedLinks{});
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
