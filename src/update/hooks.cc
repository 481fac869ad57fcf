#include "update/hooks.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include "env/backoff.h"
#include "env/user.h"
#include "exports/file_names.h"
#include "exports/links.h"
#include "exports/manifest.h"
#include "log/log.h"
#include "nexus_mirror/error.h"
#include "store/hook_troubles.h"
#include "store/mirror_state.h"
#include "store/project_row.h"
#include "store/store.h"
#include "text/json_writer.h"

namespace nexus_mirror::update {
namespace {

constexpr std::int64_t kMostChanges = 1000;
constexpr std::chrono::milliseconds kLockPause{200};
constexpr std::chrono::milliseconds kStopTime{3000};  // what ending a hook may take

std::string folder_of(const Config& config, const std::string& project_id) {
  return (config.mirror.export_dir / exports::safe_folder(project_id)).string();
}

// `value` is JSON that the mirror wrote, or none.
void write_row(text::JsonWriter& json, const char* key, const std::optional<std::string>& value) {
  json.raw_member(key, value && !value->empty() ? std::string_view(*value) : "null");
}

void write_changes(text::JsonWriter& json, const std::vector<store::Change>& changes) {
  json.begin_array("changes");
  for (const store::Change& change : changes) {
    json.begin_object();
    json.member("seq", change.seq);
    json.member("entity", change.entity);
    json.member("entity_id", change.entity_id);
    json.member("op", change.op);
    write_row(json, "before", change.before);
    write_row(json, "after", change.after);
    json.end_object();
  }
  json.end_array();
}

std::vector<std::string> current_environment() {
  std::vector<std::string> all;
  for (char** entry = ::environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  const env::User* user = env::gone_on_as();
  if (user == nullptr) return all;
  // Root's would lead the program to files that are root's.
  std::erase_if(all, [](const std::string& entry) {
    return entry.starts_with("HOME=") || entry.starts_with("USER=") ||
           entry.starts_with("LOGNAME=");
  });
  all.push_back("HOME=" + user->home);
  if (user->name.empty()) return all;
  all.push_back("USER=" + user->name);
  all.push_back("LOGNAME=" + user->name);
  return all;
}

Ending run_hook(std::int64_t sync_id, const ChangedProject& project, Program program, Env& env,
                const std::stop_token& stop) {
  program.on_line = [&](std::string_view line) {
    log::info("hook: " + std::string(line), {{"project", project.name}, {"sync_id", sync_id}});
  };
  const std::int64_t begin = env.monotonic_ms();
  Ending ending = run_program(program, env, stop);
  const std::int64_t ms = env.monotonic_ms() - begin;
  if (ending.problem.empty()) {
    log::debug("hook done", {{"project", project.name}, {"sync_id", sync_id}, {"ms", ms}});
  } else {
    log::warning("running the hook " + program.argv.front() + " for project " + project.name +
                     ": " + ending.problem,
                 {{"project", project.name}, {"sync_id", sync_id}, {"ms", ms}});
  }
  return ending;
}

std::filesystem::path absolute(const Config& config, const std::string& exported) {
  return config.mirror.export_dir / exported;
}

// Those files of the project that table `exports` does not have, where they were written in syncs
// after `told` and up to `newest`: the manifest names the last of these, and since a file may be
// older than it, or a clock wrong, both must say so.
std::vector<std::string> described_after(const Config& config, const std::string& project_id,
                                         std::int64_t told, std::int64_t newest,
                                         store::Database& mirror) {
  const std::filesystem::path folder = folder_of(config, project_id);
  const auto head = exports::read_head(folder / exports::kManifest);
  if (!head || head->sync_id <= told || head->sync_id > newest) return {};
  const std::int64_t begin = store::started_after(mirror, told).value_or(0);
  std::vector<std::string> paths;
  for (const char* name : {exports::kManifest, exports::kLinksJson, exports::kLinksCsv}) {
    const std::string path = (folder / name).string();
    struct stat state {};
    if (::stat(path.c_str(), &state) != 0) continue;
    const std::int64_t at =
        std::int64_t{state.st_mtim.tv_sec} * 1000 + state.st_mtim.tv_nsec / 1'000'000;
    if (at >= begin) paths.push_back(path);
  }
  return paths;
}

// Files by project: those of this sync, and those that earlier ones put in place and told nobody of
// (they are written no second time).
std::map<std::string, std::vector<std::string>> exported_files(
    const Config& config, const sync::SyncResult& result, store::Database& mirror,
    const std::function<store::Position(const std::string&)>& told) {
  std::map<std::string, std::vector<std::string>> files;
  const std::vector<store::KnownProject> projects = store::all_projects(mirror);
  std::set<std::string> known;
  for (const store::KnownProject& project : projects) known.insert(project.id);
  result.exports.for_each([&](std::string_view path) {
    const auto below = std::filesystem::path(path).lexically_relative(config.mirror.export_dir);
    const std::string project = below.begin() == below.end() ? "" : below.begin()->string();
    // index.json and by-name/ are of no project.
    if (known.contains(project)) files[project].emplace_back(path);
  });
  for (const store::ExportedPath& exported :
       store::exported_between(mirror, told({}).sync_id, result.sync_id)) {
    if (exported.sync_id <= told(exported.project_id).sync_id) continue;
    files[exported.project_id].push_back(absolute(config, exported.path).string());
  }
  for (const store::KnownProject& project : projects) {
    for (std::string& path :
         described_after(config, project.id, told(project.id).sync_id, result.sync_id, mirror)) {
      files[project.id].push_back(std::move(path));
    }
  }
  for (auto& [project, paths] : files) {
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  }
  return files;
}

// Writes what came of a hook, in a store of its own since a sync may be under way elsewhere; tries
// again while the other one writes.
void record(const Config& config, Env& env, const std::stop_token& stop,
            const std::function<void(store::Store&)>& write) {
  constexpr env::Backoff kBackoff{
      .first_ms = kLockPause.count(), .growth = 1, .chance = 0, .tries = 4};
  for (int failures = 1;; ++failures) {
    try {
      store::Store store(config.mirror, store::Access::write);
      return write(store);
    } catch (const Error& error) {
      const std::chrono::milliseconds pause(kBackoff.wait_ms(failures, 0));
      if (!kBackoff.again(failures) || !env.sleep(pause, stop)) {
        throw Error(error.code(), "recording how far the hook was told in", error.subject(),
                    error.reason(), "it is told again after the next sync");
      }
    }
  }
}

// Tells the hook of one project and records what came of it. False when it has not been told.
bool tell(const Config& config, std::int64_t sync_id, const ChangedProject& project,
          store::Database& mirror, Env& env, const std::stop_token& stop, const HookEnded& ended) {
  Program program = hook_program(config, sync_id, project);
  program.input = hook_input(config, sync_id, project, mirror);
  const Ending ending = run_hook(sync_id, project, std::move(program), env, stop);
  if (ending.how == Ending::How::stopped) return false;
  const bool well = ending.problem.empty(), told = ending.how != Ending::How::not_started;
  if (ended) ended(well);
  const std::vector<store::HookTrouble> troubles = store::hook_troubles(mirror);
  const auto known =
      std::find_if(troubles.begin(), troubles.end(), [&](const store::HookTrouble& trouble) {
        return trouble.consumer == store::kHooks && trouble.project_id == project.id;
      });
  // One that cannot be started is tried after each sync: that it still cannot is written once.
  if (!told && known != troubles.end() && known->problem == ending.problem) return false;
  record(config, env, stop, [&](store::Store& store) {
    if (!well) {
      store.hook_troubles.failed({std::string(store::kHooks), project.id, project.name, sync_id,
                                  env.now_ms(), ending.problem});
    } else if (known != troubles.end()) {
      store.hook_troubles.ended_well(store::kHooks, project.id);
    }
    if (told) store.consumers.advance(store::kHooks, project.id, project.upto);
  });
  return told;
}

// The end of this sync. Another process may have told of a later one meanwhile.
store::Position end_of(const sync::SyncResult& result, store::Database& mirror) {
  store::ChangeFeed feed(mirror);
  store::Position end{feed.end_of_sync(result.sync_id), result.sync_id};
  for (const auto& [project, told] : feed.positions(store::kHooks)) {
    end.sync_id = std::max(end.sync_id, told.sync_id);
  }
  return end;
}

// Whether one row says that there is nothing up to `end` that the hook was not told of, or another
// process is ahead.
bool is_told(const store::Position& end, store::Database& mirror) {
  const auto positions = store::ChangeFeed(mirror).positions(store::kHooks);
  const bool ahead = std::any_of(positions.begin(), positions.end(),
                                 [&](const auto& each) { return each.second.seq > end.seq; });
  return ahead || (positions.size() == 1 && positions.begin()->second.seq == end.seq);
}

}  // namespace

std::vector<ChangedProject> changed_projects(const Config& config, const sync::SyncResult& result,
                                             store::Database& mirror) {
  store::ChangeFeed feed(mirror);
  const store::Position end = end_of(result, mirror);
  const std::map<std::string, store::Position> positions = feed.positions(store::kHooks);
  const auto told = [&](const std::string& project) {
    const auto own = positions.find(project);
    const auto of = own == positions.end() ? positions.find("") : own;
    return of == positions.end() ? store::Position() : of->second;
  };
  std::map<std::string, ChangedProject> changed;
  for (const auto& [id, from] : feed.unread(store::kHooks, end.seq)) changed[id].from = from;
  for (auto& [id, paths] : exported_files(config, result, mirror, told)) {
    changed[id].from = told(id);
    changed[id].files = std::move(paths);
  }
  std::vector<ChangedProject> list;
  for (auto& [id, project] : changed) {
    project.id = id;
    project.upto = {std::max(end.seq, project.from.seq), end.sync_id};
    const auto row = store::find_project(mirror, id);
    project.name = row && !row->name.empty() ? row->name : id;
    list.push_back(std::move(project));
  }
  return list;
}

// Held while hooks run. Waits for another process's; null when `stop` came first.
std::unique_ptr<FileLock> lock_hooks(const Config& config, Env& env, sync::Observer& observer,
                                     const std::stop_token& stop) {
  for (;;) {
    try {
      return std::make_unique<FileLock>(config.mirror.database.string() + ".hook.lock");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::busy) throw;
      observer.waiting({}, kLockPause);
      if (!env.sleep(kLockPause, stop)) return nullptr;
    }
  }
}

std::string hook_input(const Config& config, std::int64_t sync_id, const ChangedProject& project,
                       std::int64_t changes_total, const std::vector<store::Change>& changes) {
  text::JsonWriter json;
  json.begin_object();
  json.member("sync_id", sync_id);
  json.member("project_id", project.id);
  json.member("project_name", project.name);
  json.member("export_dir", folder_of(config, project.id));
  json.member("changes_total", changes_total);
  write_changes(json, changes);
  json.member("files", project.files);
  json.end_object();
  return json.take() + "\n";
}

std::string hook_input(const Config& config, std::int64_t sync_id, const ChangedProject& project,
                       store::Database& mirror) {
  store::ChangeFeed feed(mirror);
  store::ChangeFilter filter;
  filter.project_ids = {project.id};
  filter.up_to = project.upto.seq;
  return hook_input(config, sync_id, project,
                    feed.count(project.from.seq, project.upto.seq, project.id),
                    feed.since(project.from.seq, kMostChanges, filter));
}

Program hook_program(const Config& config, std::int64_t sync_id, const ChangedProject& project) {
  Program program;
  program.argv = config.hooks.on_change;
  program.timeout = config.hooks.timeout;
  program.environment = hook_environment(config, current_environment(), sync_id, project);
  return program;
}

std::vector<std::string> hook_environment(const Config& config,
                                          const std::vector<std::string>& current,
                                          std::int64_t sync_id, const ChangedProject& project) {
  std::vector<std::string> hidden = {"NEXUS_SECRET_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
                                     "WATCHDOG_USEC",    "WATCHDOG_PID",          "JOURNAL_STREAM"};
  for (const WorkspaceConfig& workspace : config.workspaces) {
    hidden.push_back(workspace.secret_key_env);
  }
  const std::array<std::pair<std::string, std::string>, 4> told = {{
      {"NEXUS_MIRROR_PROJECT_ID", project.id},
      {"NEXUS_MIRROR_PROJECT_NAME", project.name},
      {"NEXUS_MIRROR_SYNC_ID", std::to_string(sync_id)},
      {"NEXUS_MIRROR_EXPORT_DIR", folder_of(config, project.id)},
  }};
  for (const auto& [name, value] : told) hidden.push_back(name);
  std::vector<std::string> environment;
  for (const std::string& entry : current) {
    const std::string name = entry.substr(0, entry.find('='));
    if (std::find(hidden.begin(), hidden.end(), name) == hidden.end()) environment.push_back(entry);
  }
  for (const auto& [name, value] : told) {
    // A name from outside may hold what ends an environment's entry.
    environment.push_back(name + "=" + value.substr(0, value.find('\0')));
  }
  return environment;
}

bool run_hooks(const Config& config, const sync::SyncResult& result, Env& env,
               sync::Observer& observer, const std::stop_token& stop, const HookEnded& ended) {
  if (config.hooks.on_change.empty() || result.sync_id == 0) return true;
  if (result.result == sync::Outcome::interrupted || stop.stop_requested()) return false;
  store::Database mirror(config.mirror, store::Use::query);
  const store::Position end = end_of(result, mirror);
  if (is_told(end, mirror) && changed_projects(config, result, mirror).empty()) return true;
  // Whoever holds the lock tells what is untold: what there is to tell is read behind it.
  const auto lock = lock_hooks(config, env, observer, stop);
  if (!lock) return false;
  bool all = true;
  for (const ChangedProject& project : changed_projects(config, result, mirror)) {
    if (stop.stop_requested()) {
      log::info("the hook is told of project " + project.name + " after the next sync",
                {{"project", project.name}, {"sync_id", result.sync_id}});
      all = false;
      continue;
    }
    observer.waiting({}, config.hooks.timeout + kStopTime);
    all = tell(config, result.sync_id, project, mirror, env, stop, ended) && all;
  }
  // One row for all projects, where nothing is left to tell.
  if (!all || is_told(end, mirror)) return all;
  record(config, env, stop,
         [&](store::Store& store) { store.consumers.advance_all(store::kHooks, end); });
  return true;
}

}  // namespace nexus_mirror::update
