#include "sync/other_keys.h"

#include <algorithm>
#include <utility>

#include "log/log.h"
#include "nexus/client.h"
#include "nexus/decoder.h"
#include "objects/columns.h"

namespace nexus_mirror::sync {
namespace {

// Of all that it lists, also where a row cannot be read as a whole.
std::set<std::string, std::less<>> project_ids(const nexus::Document& listing) {
  std::set<std::string, std::less<>> ids;
  std::vector<nexus::UnreadableRow> unreadable;
  objects::RowBatch projects(objects::projects);
  nexus::Decoder::of(objects::projects).decode_list(listing, {}, projects, unreadable);
  for (std::size_t i = 0; i < projects.size(); ++i) {
    ids.insert(objects::text_of(projects, i, "id"));
  }
  for (const nexus::UnreadableRow& row : unreadable) ids.insert(row.id);
  return ids;
}

}  // namespace

OtherKeys::OtherKeys(const Config& config, const WorkspaceConfig& workspace,
                     const SyncRequest& request, Env& env, Observer& observer)
    : config_(config), env_(env), observer_(observer) {
  for (const auto* others : {&config.workspaces, &request.others}) {
    for (const WorkspaceConfig& other : *others) {
      if (other.name != workspace.name) keys_.push_back({&other, {}, false, false, {}});
    }
  }
}

void OtherKeys::list(const std::string& workspace_id, const std::stop_token& stop) {
  if (std::exchange(listed_, true)) return;
  for (Holder& key : keys_) {
    try {
      key.transport =
          std::make_unique<WorkspaceTransport>(config_, *key.workspace, env_, observer_);
      const nexus::Client client(key.transport->get());
      key.ours = objects::text_of(read_workspace(client, stop), 0, "id") == workspace_id;
      if (key.ours) key.ids = project_ids(client.projects(stop));
      key.known = true;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      log::info(std::string("what this key sees is not known now: ") + error.what(),
                {{"workspace", key.workspace->name}});
    }
  }
}

Sight OtherKeys::look_for(const std::string& project_id, const std::string& workspace_id,
                          const std::stop_token& stop) {
  list(workspace_id, stop);
  const auto lists_it = [&](const Holder& key) { return key.ids.contains(project_id); };
  if (std::any_of(keys_.begin(), keys_.end(), lists_it)) return Sight::seen;
  Sight sight = Sight::unseen;
  for (const Holder& key : keys_) {
    if (!key.known) {
      sight = Sight::unknown;
      continue;
    }
    if (!key.ours) continue;
    try {
      if (nexus::Client(key.transport->get()).find_project(project_id, stop)) return Sight::seen;
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      sight = Sight::unknown;  // also of 403: that is no answer to whether it is gone
    }
  }
  return sight;
}

TransferCount OtherKeys::count() const {
  TransferCount sum;
  for (const Holder& key : keys_) {
    if (key.transport == nullptr) continue;
    sum.requests += key.transport->count().requests;
    sum.bytes_received += key.transport->count().bytes_received;
  }
  return sum;
}

}  // namespace nexus_mirror::sync
