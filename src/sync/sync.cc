#include "sync/sync.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "env/file.h"
#include "error/current_error.h"
#include "error/exit_status.h"
#include "log/log.h"
#include "objects/columns.h"
#include "sync/unmatched.h"
#include "sync/workspace_sync.h"
#include "text/moment.h"
#include "text/to_come.h"

namespace nexus_mirror::sync {
namespace {

using store::Access;
using store::Store;

// One sync from its row in `syncs` to its end.
class SyncRun {
 public:
  SyncRun(const Config& config, const SyncRequest& request, Env& env, Observer& observer,
          const std::stop_token& stop, const AfterPasses& after_passes)
      : config_(config),
        request_(request),
        env_(env),
        observer_(observer),
        stop_(stop),
        after_passes_(after_passes) {}

  SyncResult run();

 private:
  void begin(Store& store);
  void sync_workspaces(Store& store);
  void sync_workspace(const WorkspaceConfig& workspace, WriterThread& writer);
  void fail(const WorkspaceConfig& workspace, const Error& error);
  void sum_up(std::size_t first_project, WorkspaceResult& workspace) const;
  void settle();
  void choose_error();
  void end(Store& store);

  const Config& config_;
  const SyncRequest& request_;
  Env& env_;
  Observer& observer_;
  std::stop_token stop_;
  const AfterPasses& after_passes_;
  SyncResult result_;
  bool quick_ = false;
  std::size_t matched_ = 0;
  std::vector<Error> failed_;               // of workspaces, or the one that ended the whole
  std::vector<store::KnownProject> known_;  // those that the configuration means
  bool all_readable_ = true;                // of the projects of all workspaces
  std::set<std::string> taken_;             // ids of projects that a workspace's passes were for
};

SyncResult SyncRun::run() {
  for (const WorkspaceConfig& workspace : config_.workspaces) resolve_secret_key(workspace);
  // A dry run writes nothing, not even a lock's file.
  std::unique_ptr<FileLock> lock;
  if (!request_.dry_run) lock = lock_mirror(config_);
  store::MirrorFile file(config_.mirror);
  file.while_migrating = [this] { return !stop_.stop_requested(); };
  Store store(file, request_.dry_run ? Access::dry_run : Access::write);
  begin(store);
  try {
    sync_workspaces(store);
  } catch (...) {
    const Error error = current_error(ErrorCode::machine, "syncing", "all workspaces");
    failed_ = {error};
    result_.workspaces.clear();  // none is known to be up to date
    for (const WorkspaceConfig& workspace : config_.workspaces) {
      result_.workspaces.push_back({workspace.name, Outcome::failed, error.what(), true, true});
    }
  }
  settle();
  if (after_passes_ && !request_.dry_run) after_passes_(result_, store);
  std::optional<Error> nothing_matches;
  if (matched_ == 0 && !request_.projects.empty() && failed_.empty()) {
    nothing_matches.emplace(
        ErrorCode::usage, "syncing", "--project " + request_.projects.front(),
        "no project of the configured workspaces has this name or id",
        did_you_mean_project(request_.projects.front(), known_,
                             "nexus-mirror status lists those that the mirror has"));
    result_.result = Outcome::failed;
    result_.error = nothing_matches->what();
  }
  if (matched_ > 0 && failed_.empty() && all_readable_) {
    warn_of_unmatched("--project", request_.projects, known_, "it was left out");
  }
  end(store);
  if (nothing_matches) throw *nothing_matches;
  return std::move(result_);
}

void SyncRun::sync_workspaces(Store& store) {
  store.make_indexes();
  WriterThread writer(store);
  for (const WorkspaceConfig& workspace : config_.workspaces) {
    const std::size_t first_project = result_.projects.size();
    result_.workspaces.push_back({workspace.name, Outcome::ok, {}});
    try {
      sync_workspace(workspace, writer);
      writer.run([](Store& mirror) { mirror.commit_pages(); });
      sum_up(first_project, result_.workspaces.back());
    } catch (...) {
      const Error error =
          current_error(ErrorCode::machine, "syncing", "workspace " + workspace.name);
      fail(workspace, error);
      if (error.code() == ErrorCode::machine || error.code() == ErrorCode::interrupted) return;
    }
  }
  writer.run([](Store& mirror) { mirror.make_indexes(); });
}

void SyncRun::begin(Store& store) {
  result_.started_at = env_.now_ms();
  const auto last_full = store.syncs.last_full();
  const bool full_is_due = !last_full || text::is_to_come(*last_full, result_.started_at) ||
                           result_.started_at - *last_full >= config_.sync.full_interval.count();
  const auto before = store.syncs.newest_moment();
  if (before && text::is_to_come(*before, result_.started_at)) {
    log::warning("the last sync is dated " + text::moment_text(*before, text::Zone::utc) +
                 ", which is to come: the clock was wrong then or is wrong now, so nobody knows "
                 "when it was; check the clock of this machine");
  }
  quick_ =
      request_.quick || (!request_.full && config_.sync.mode == SyncMode::quick && !full_is_due);
  result_.mode = quick_ ? "quick" : "full";
  store.while_it_takes_long([this] {
    observer_.moved();
    return !stop_.stop_requested();
  });
  store.renew_links_before(result_.started_at + config_.sync.link_refresh_margin.count());
  std::vector<std::string> dropped;
  result_.sync_id =
      store.begin_sync(result_.started_at, result_.mode, request_.consumers, &dropped);
  observer_.began(result_.sync_id, result_.mode);
  for (const std::string& consumer : dropped) {
    log::warning("the configuration has no " + consumer +
                 " any more; changes that they were not told of are told to nobody");
  }
}

void SyncRun::sync_workspace(const WorkspaceConfig& workspace, WriterThread& writer) {
  WorkspaceSync sync(config_, workspace, request_, env_, observer_, stop_);
  const auto add_transfer = [&] {
    result_.requests += static_cast<std::int64_t>(sync.count().requests);
    result_.bytes_received += static_cast<std::int64_t>(sync.count().bytes_received);
  };
  try {
    SelectedProjects selected = sync.select(&writer, result_.rows);
    result_.workspaces.back().whole = selected.whole;
    result_.whole = result_.whole && selected.whole;
    known_.insert(known_.end(), selected.configured.begin(), selected.configured.end());
    all_readable_ = all_readable_ && selected.all_readable;
    matched_ += selected.projects.size() + selected.removed.size() + selected.unreadable.size();
    // Of two keys that see a project the first one's pass will do.
    std::vector<objects::RowBatch> projects;
    std::vector<std::string> ids;
    for (objects::RowBatch& project : selected.projects) {
      const std::string id = objects::text_of(project, 0, "id");
      if (taken_.contains(id)) continue;
      ids.push_back(id);
      projects.push_back(std::move(project));
    }
    for (const std::string& id : selected.removed) {
      writer.run([&](Store& store) { store.tables.mark_removed(id); });
      ++result_.rows.updated;
    }
    for (ProjectResult& problem : selected.unreadable) {
      log::warning(problem.error);
      observer_.trouble(problem.name, problem.error);
      result_.projects.push_back(std::move(problem));
    }
    PassContext context{config_, request_, quick_, env_, observer_, sync.client(), writer, {}, {}};
    context.server = workspace.endpoint;
    ListingsAhead ahead;
    if (&workspace == &config_.workspaces.back()) context.ahead = &ahead;
    context.distance_ms = [&sync] { return sync.distance_ms(); };
    context.project_ids = writer.run([](Store& store) { return store.tables.project_ids(); });
    context.project_ids.insert(selected.ids.begin(), selected.ids.end());
    sync.run_passes(context, std::move(projects), result_.projects);
    taken_.insert(ids.begin(), ids.end());  // not before: a key may fail on the way
  } catch (...) {
    add_transfer();
    throw;
  }
  add_transfer();
}

void SyncRun::fail(const WorkspaceConfig& workspace, const Error& error) {
  failed_.push_back(error);
  result_.workspaces.back() = {workspace.name, Outcome::failed, error.what(), true, true};
  observer_.trouble({}, error.what());
  log::debug(error.what(), {{"workspace", workspace.name}});
}

// The projects from `first_project` on are the workspace's.
void SyncRun::sum_up(std::size_t first_project, WorkspaceResult& workspace) const {
  for (std::size_t i = first_project; i < result_.projects.size(); ++i) {
    const ProjectResult& project = result_.projects[i];
    workspace.incomplete = workspace.incomplete || project.incomplete;
    const Outcome worse = objects::worse_of(workspace.outcome, project.outcome);
    if (worse == workspace.outcome) continue;
    workspace.outcome = worse;
    workspace.error = project.error;
  }
}

// From what the projects and workspaces came to, to one result and one exit status.
void SyncRun::settle() {
  const auto any = [&](Outcome outcome) {
    return std::any_of(result_.projects.begin(), result_.projects.end(),
                       [&](const ProjectResult& project) { return project.outcome == outcome; });
  };
  const auto ended_by = [&](ErrorCode code) {
    return std::any_of(failed_.begin(), failed_.end(),
                       [&](const Error& error) { return error.code() == code; });
  };
  for (const ProjectResult& project : result_.projects) result_.rows += project.rows;
  const bool refused = any(Outcome::refused);
  const bool in_part = !failed_.empty() || any(Outcome::failed) || any(Outcome::partial) ||
                       !request_.left_out.empty();
  result_.exit = exit_code(failed_, config_.workspaces.size());
  if (refused) result_.exit = graver(result_.exit, ExitCode::guard);
  if (in_part) result_.exit = graver(result_.exit, ExitCode::partial);
  const bool all_failed = failed_.size() >= config_.workspaces.size();
  if (ended_by(ErrorCode::interrupted)) {
    result_.result = Outcome::interrupted;
  } else if (ended_by(ErrorCode::machine) || (all_failed && !refused)) {
    result_.result = Outcome::failed;
  } else if (refused) {
    result_.result = Outcome::refused;
  } else {
    result_.result = in_part ? Outcome::partial : Outcome::ok;
  }
  choose_error();
}

// The message of what decided the exit status.
void SyncRun::choose_error() {
  const auto first = [&](const auto& holds) {
    return std::find_if(result_.projects.begin(), result_.projects.end(), holds);
  };
  if (result_.exit == ExitCode::guard) {
    result_.error = first([](const ProjectResult& project) {
                      return project.outcome == Outcome::refused;
                    })->error;
  } else if (!failed_.empty()) {
    result_.error = first_with(result_.exit, failed_).what();
  } else {
    const auto project = first([](const ProjectResult& each) { return !each.error.empty(); });
    result_.error = project != result_.projects.end() ? project->error : request_.left_out;
  }
}

void SyncRun::end(Store& store) {
  result_.finished_at = env_.now_ms();
  store::SyncRecord record;
  record.finished_at = result_.finished_at;
  record.result = result_.result;
  record.error = result_.error;
  record.requests = result_.requests;
  record.bytes_received = result_.bytes_received;
  record.rows = result_.rows;
  record.whole = result_.whole;
  record.only_files = result_.only_files && result_.result == Outcome::partial;
  record.asked_for = !request_.projects.empty();
  try {
    store.finish_sync(record, config_.mirror.history.count());
  } catch (const Error& error) {
    // On a full disk there is no room for the record either; what failed first is what counts.
    if (result_.exit != ExitCode::machine) throw;
    log::debug(error.what());
  }
}

}  // namespace

std::unique_ptr<FileLock> lock_mirror(const Config& config) {
  const auto folder = config.mirror.database.parent_path();
  // When it cannot be made, the lock says why.
  if (!folder.empty()) std::ignore = env::make_folders(folder);
  return std::make_unique<FileLock>(config.mirror.database.string() + ".lock");
}

SyncResult run_sync(const Config& config, const SyncRequest& request, Env& env, Observer& observer,
                    const std::stop_token& stop, const AfterPasses& after_passes) {
  return SyncRun(config, request, env, observer, stop, after_passes).run();
}

}  // namespace nexus_mirror::sync
