// What one key does not see another may: two keys of one workspace are two blocks of the
// configuration, and a project that either sees is alive (CONTRACT.md 4.3). Which blocks are of one
// workspace their own answers tell, not their names or addresses.
#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "sync/sync.h"
#include "sync/workspace_transport.h"

namespace nexus_mirror::sync {

enum class Sight {
  seen,     // by another key
  unseen,   // by none
  unknown,  // a key that may see it does not work now
};

// One thread at a time. Nothing is asked before the first question.
class OtherKeys {
 public:
  // Keys of `config` and of `request.others` other than that of `workspace`. All outlive it.
  OtherKeys(const Config& config, const WorkspaceConfig& workspace, const SyncRequest& request,
            Env& env, Observer& observer);

  // Whether another key of that workspace, always the same one, sees the project. Throws
  // Error(interrupted).
  Sight look_for(const std::string& project_id, const std::string& workspace_id,
                 const std::stop_token& stop);

  TransferCount count() const;

 private:
  struct Holder {
    const WorkspaceConfig* workspace = nullptr;
    std::unique_ptr<WorkspaceTransport> transport;
    bool known = false;  // what it lists, or that it is of another workspace
    bool ours = false;   // it is of the workspace in question
    std::set<std::string, std::less<>> ids;
  };
  void list(const std::string& workspace_id, const std::stop_token& stop);

  const Config& config_;
  Env& env_;
  Observer& observer_;
  std::vector<Holder> keys_;
  bool listed_ = false;
};

}  // namespace nexus_mirror::sync
