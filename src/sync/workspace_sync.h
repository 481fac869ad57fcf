// One workspace of a sync: its transport, its projects, the workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "sync/other_keys.h"
#include "sync/project_pass.h"
#include "sync/sync.h"
#include "sync/workspace_transport.h"

namespace nexus_mirror::sync {

// What a workspace's listing of projects came to.
struct SelectedProjects {
  std::vector<objects::RowBatch> projects;  // one row each
  std::vector<std::string> removed;         // the server no longer has them
  std::vector<ProjectResult> unreadable;
  std::set<std::string, std::less<>> ids;  // all that the server listed
  // Those that the configuration means; with a writer, also such as only the mirror knows.
  std::vector<store::KnownProject> configured;
  bool all_readable = true;  // each row of the listing was
  // The request leaves out none of them, and each pattern of the configuration means one.
  bool whole = true;
};

class WorkspaceSync {
 public:
  WorkspaceSync(const Config& config, const WorkspaceConfig& workspace, const SyncRequest& request,
                Env& env, Observer& observer, const std::stop_token& stop);

  nexus::Client client() { return nexus::Client(transport_.get()); }
  TransferCount count() const;                                           // of all that was asked
  std::int64_t distance_ms() const { return transport_.distance_ms(); }  // any thread

  // Reads the workspace's row and its projects, those selected. `writer` may be null: nothing is
  // compared with the mirror then. Throws Error: key_refused, unreachable and what a Client throws.
  SelectedProjects select(WriterThread* writer, store::RowCounts& rows);

  // Runs the passes on http.concurrency workers. The first error that is not one project's alone
  // ends them and is thrown, after every project has its result in `results`.
  void run_passes(PassContext& context, std::vector<objects::RowBatch> projects,
                  std::vector<ProjectResult>& results);

  bool configured(const std::string& id, const std::string& name) const;
  bool selected(const std::string& id, const std::string& name) const;

 private:
  objects::RowBatch read_row(const nexus::Client& client) const;
  void take_stock(WriterThread& writer, const std::string& workspace_id,
                  std::vector<store::KnownProject> listed, SelectedProjects& projects);
  void find_removed(WriterThread& writer, const std::string& workspace_id,
                    SelectedProjects& projects);

  const Config& config_;
  const WorkspaceConfig& workspace_;
  const SyncRequest& request_;
  std::stop_token stop_;
  WorkspaceTransport transport_;
  OtherKeys other_keys_;
};

}  // namespace nexus_mirror::sync
