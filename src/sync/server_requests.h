// What is asked of Nexus itself: exports that the server makes. The only code of the program that
// writes to the server; neither a sync nor the daemon comes here.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus/client.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "objects/row_batch.h"
#include "sync/workspace_sync.h"

namespace nexus_mirror::sync {

// A job of the server as it was told of last.
struct JobState {
  std::string job;           // "annotation export op_1", for people
  std::string project_name;  // whose it is
  std::string status;        // Queued, Running, Finished, Cancelled, Errored, or as sent
  std::string message;       // what the server says of it, may be empty
  std::int64_t queued = 0, running = 0, finished = 0;  // units of work, where the server counts
};

// Told of every answer while a job is followed, from the thread that follows.
class JobObserver {
 public:
  virtual ~JobObserver() = default;
  virtual void job(const JobState& /*state*/) {}
};

struct RequestedProject {
  std::string id, name, type;
  std::size_t workspace = 0;  // place among Config::workspaces
};

struct RequestedArtifact {
  std::string id, run_id, name;
  std::string format;  // in the server's spelling
};

struct RequestedModel {
  RequestedProject project;
  RequestedArtifact artifact;
  std::string id, status, format, quantization;
  std::string url;  // signed: a secret; empty until it is finished
  std::optional<std::int64_t> expiry;
};

// Belongs to one thread. Everything throws Error: interrupted when stop is requested, whereupon the
// server goes on with what was started and the next sync follows it; busy when a sync holds the
// mirror's lock at the moment of a start (then nothing was started).
class ServerRequests {
 public:
  // Reads the projects of all workspaces that `patterns` (names, ids, globs) mean; throws
  // Error(usage) when there is none. All arguments outlive the object.
  ServerRequests(const Config& config, const std::vector<std::string>& patterns, Env& env,
                 JobObserver& observer, const std::stop_token& stop);

  const std::vector<RequestedProject>& projects() const { return projects_; }

  // Starts an annotation export, stores it in `operations` and returns its id.
  std::string start_annotation_export(const RequestedProject& project, const std::string& format,
                                      const nexus::AnnotationExportOptions& options);

  // Waits until it is finished and returns its archive's link, a secret. Throws
  // Error(bad_response) when it ended otherwise.
  std::string follow_annotation_export(const RequestedProject& project, const std::string& id);

  // The artifact to export: `artifact_id`, or when empty the newest whose training is over.
  // nullopt when the project has none; throws Error(usage) when it cannot be exported to `format`
  // with `quantization` (empty = any).
  std::optional<RequestedArtifact> find_artifact(const RequestedProject& project,
                                                 const std::string& artifact_id,
                                                 const std::string& format,
                                                 const std::string& quantization);

  // Starts a model export and stores it in `models`.
  RequestedModel start_model_export(const RequestedProject& project,
                                    const RequestedArtifact& artifact,
                                    const std::string& quantization);

  // Waits until it is finished and has a link. Throws Error(bad_response) when it ended otherwise.
  void follow_model_export(RequestedModel& model);

 private:
  class Waits;
  nexus::Client client(const RequestedProject& project) {
    return workspaces_[project.workspace].client();
  }
  void keep_if_free(const objects::RowBatch& rows);
  void keep(const objects::RowBatch& rows);
  bool poll_model_export(RequestedModel& model, std::string& stored_status);

  const Config& config_;
  Env& env_;
  JobObserver& observer_;
  const std::stop_token stop_;
  SyncRequest request_;
  Observer nobody_;  // of the requests themselves
  std::deque<WorkspaceSync> workspaces_;
  std::vector<RequestedProject> projects_;
};

}  // namespace nexus_mirror::sync
