// One sync: everything that the configured workspaces hold, into the mirror.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "env/path_list.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "objects/outcome.h"
#include "store/store.h"

namespace nexus_mirror::sync {

struct SyncRequest {
  std::vector<std::string> projects;  // names, ids or globs; empty = all configured
  bool full = false, quick = false;   // at most one; neither = as configured
  bool dry_run = false;
  bool allow_mass_delete = false;
  std::vector<std::string> consumers;  // who follows the changes, by the configuration
  // Why the workspaces that the configuration at hand leaves out are not up to date; empty when
  // they are. A sync of the others is then `partial`: the mirror as a whole is not up to date.
  std::string left_out;
  // Workspaces of the configuration that have a turn of their own: their keys may see what those
  // of the configuration at hand do not.
  std::vector<WorkspaceConfig> others;
};

using objects::Outcome;

struct ProjectResult {
  std::string id, name;
  Outcome outcome = Outcome::ok;
  std::string error;  // one line; empty when ok
  store::RowCounts rows;
  // A listing failed: it is between two states. Told apart from `outcome`, in which a refusal is
  // graver than a failure.
  bool incomplete = false;
};

// How a workspace fared; the worst of its projects where it could be read at all.
struct WorkspaceResult {
  std::string name;
  Outcome outcome = Outcome::ok;
  std::string error;        // one line; empty when ok
  bool own_error = false;   // else it is of a project, which logged it
  bool incomplete = false;  // it, or one of its projects: to try again soon may help
  bool whole = true;        // all that its configuration names was looked at
};

// What became of the images and models that are kept (CONTRACT.md 8).
struct FilesResult {
  std::int64_t fetched = 0, bytes = 0;  // in this sync
  std::int64_t failed = 0;              // for the first time
  std::int64_t missing = 0;             // that were due and are not here, failed ones aside
  // As it left them; none = as they were before it, or nobody counted.
  std::optional<store::FileCounts> kept;
};

// How far the fetching of files is.
struct FilesProgress {
  std::int64_t files = 0, total = 0;
  std::int64_t bytes = 0, total_bytes = 0;  // total: as far as the server says
};

struct SyncResult {
  std::int64_t sync_id = 0;
  std::string mode;  // full or quick
  Outcome result = Outcome::running;
  std::string error;
  std::int64_t started_at = 0, finished_at = 0;
  std::int64_t requests = 0, bytes_received = 0;
  store::RowCounts rows;
  std::vector<WorkspaceResult> workspaces;  // those that were tried, in their order
  std::vector<ProjectResult> projects;
  FilesResult files;
  bool only_files = false;  // it is partial for files that could not be fetched, and else well
  env::PathList exports;    // files written, absolute paths
  bool whole = true;        // all workspaces are (store::SyncRecord::whole)
  ExitCode exit = ExitCode::done;
};

// A project that a pass is for.
struct ExpectedProject {
  std::string id, name;
  std::optional<std::int64_t> total;  // assets and annotations, by the server's own count
};

// How far the exports are.
struct ExportProgress {
  // writing: its images, into the files of all formats; renaming: these files, into place; placing:
  // its images and models, beside them.
  enum class Doing { writing, renaming, placing } doing = Doing::writing;
  std::string project_id, project_name;
  std::int64_t done = 0, total = 0;              // of that
  std::int64_t images_done = 0, images_all = 0;  // written, of all projects
};

// Told how a sync goes on, from several threads.
class Observer {
 public:
  virtual ~Observer() = default;
  // 0 of a dry run, which is in no table.
  virtual void began(std::int64_t /*sync_id*/, const std::string& /*mode*/) {}
  // Of a workspace, before their passes.
  virtual void projects_expected(const std::vector<ExpectedProject>& /*projects*/) {}
  // `done` rows of it are here by this sync, and by one before that was cut short.
  virtual void project_rows(const std::string& /*id*/, const std::string& /*name*/,
                            std::int64_t /*done*/, std::optional<std::int64_t> /*total*/) {}
  // It goes on where one was cut short that had brought so many rows; before the first of its own.
  virtual void project_resumed(const std::string& /*id*/, const std::string& /*name*/,
                               std::int64_t /*rows*/) {}
  // All that go on where one was cut short, of a workspace, before their passes.
  virtual void resumed(std::int64_t /*projects*/, std::int64_t /*rows*/) {}
  // Nothing more of it comes, or its pass is over; maybe twice.
  virtual void project_finished(const std::string& /*id*/) {}
  // What will be in the result; `project` is a name, empty where it concerns the whole.
  virtual void trouble(const std::string& /*project*/, const std::string& /*message*/) {}
  virtual void exporting(const ExportProgress& /*progress*/) {}
  virtual void exchanged(const Exchange& /*exchange*/) {}
  virtual void files_fetched(const FilesProgress& /*progress*/) {}
  // Something was done that no other call tells of, a file written, a piece of an answer read: the
  // work does not hang.
  virtual void moved() {}
  // A wait that is meant: before a request is tried again, for a hook.
  virtual void waiting(const std::string& /*workspace*/, std::chrono::milliseconds /*at_most*/) {}
};

// What follows the passes and belongs to the sync all the same: under its lock, before it is
// recorded. It may change the result, and throws nothing that is not to end the sync.
using AfterPasses = std::function<void(SyncResult& result, store::Store& store)>;

// Runs one sync and records it. What goes wrong with the server or a project is in the result;
// throws Error only for what is wrong before it begins: usage (no project matches), config, busy,
// mirror.
SyncResult run_sync(const Config& config, const SyncRequest& request, Env& env, Observer& observer,
                    const std::stop_token& stop, const AfterPasses& after_passes = {});

// Fetches the models of the projects that `patterns` mean, and with them download links that are
// fresh. Recorded as no sync; throws as run_sync, and what failed per project in the result.
SyncResult refresh_links(const Config& config, const std::vector<std::string>& patterns, Env& env,
                         Observer& observer, const std::stop_token& stop,
                         const AfterPasses& after_passes = {});

struct CountDifference {
  std::string project_id, project_name, kind;
  std::int64_t mirror = 0, server = 0;
};

struct CountComparison {
  std::vector<CountDifference> differences;
  std::vector<Error> unread;  // of workspaces
};

// The mirror's counts of projects, assets and annotations beside the server's own statistics. When
// no workspace can be read, throws what is wrong with them.
CountComparison compare_counts(const Config& config, Env& env, const std::stop_token& stop);

// The lock that every writer of this mirror holds. Throws Error(busy).
std::unique_ptr<FileLock> lock_mirror(const Config& config);

}  // namespace nexus_mirror::sync
