#include "mirror/hooks.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string_view>

#include "exports/file_names.h"
#include "log/log.h"
#include "mirror/program_run.h"
#include "nexus_mirror/error.h"
#include "text/json.h"

namespace nexus_mirror::mirror {
namespace {

using text::JsonOutput;
using text::write_key;
using text::write_text;

constexpr std::int64_t kMostChanges = 1000;
constexpr std::chrono::milliseconds kLockPause{200};
constexpr std::chrono::milliseconds kStopTime{3000};  // what ending a hook may take

// This sync and those cut short directly before it.
constexpr const char* kSyncs =
    "sync_id > (SELECT coalesce(max(id), 0) FROM syncs WHERE id < :sync AND result NOT IN"
    " ('interrupted', 'running')) AND sync_id <= :sync";

std::string text_of(const store::Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : *text;
}

std::string folder_of(const Config& config, const std::string& project_id) {
  return (config.mirror.export_dir / exports::safe_folder(project_id)).string();
}

// `value` is JSON that the mirror wrote, or NULL.
void write_json(JsonOutput& json, const char* key, const store::Value& value) {
  write_key(json, key);
  const auto* written = std::get_if<std::string>(&value);
  if (written == nullptr || written->empty()) {
    json.Null();
  } else {
    json.RawValue(written->data(), written->size(), rapidjson::kObjectType);
  }
}

void write_field(JsonOutput& json, const char* key, const store::Value& value) {
  write_key(json, key);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    json.Int64(*number);
  } else if (const auto* written = std::get_if<std::string>(&value)) {
    write_text(json, *written);
  } else {
    json.Null();
  }
}

void write_changes(JsonOutput& json, const store::Parameters& parameters, store::Reader& mirror) {
  write_key(json, "changes");
  json.StartArray();
  mirror.query(
      std::string("SELECT seq, entity, entity_id, op, before, after FROM changes WHERE ") + kSyncs +
          " AND project_id = :project ORDER BY seq LIMIT " + std::to_string(kMostChanges),
      parameters, [](const std::vector<std::string>&) {},
      [&](const store::Row& row) {
        json.StartObject();
        write_field(json, "seq", row[0]);
        write_field(json, "entity", row[1]);
        write_field(json, "entity_id", row[2]);
        write_field(json, "op", row[3]);
        write_json(json, "before", row[4]);
        write_json(json, "after", row[5]);
        json.EndObject();
        return true;
      });
  json.EndArray();
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

std::vector<std::string> current_environment() {
  std::vector<std::string> all;
  for (char** entry = ::environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

void run_hook(const sync::SyncResult& result, const ChangedProject& project, Program program,
              Env& env, const std::stop_token& stop) {
  program.on_line = [&](std::string_view line) {
    log::info("hook: " + std::string(line),
              {{"project", project.name}, {"sync_id", result.sync_id}});
  };
  const std::int64_t begin = env.monotonic_ms();
  const std::string problem = run_program(program, env, stop);
  const std::int64_t ms = env.monotonic_ms() - begin;
  if (problem.empty()) {
    log::debug("hook done", {{"project", project.name}, {"sync_id", result.sync_id}, {"ms", ms}});
  } else {
    log::warning("running the hook " + program.argv.front() + " for project " + project.name +
                     ": " + problem,
                 {{"project", project.name}, {"sync_id", result.sync_id}, {"ms", ms}});
  }
}

}  // namespace

std::vector<ChangedProject> changed_projects(const Config& config, const sync::SyncResult& result,
                                             store::Reader& mirror) {
  std::map<std::string, ChangedProject> changed;
  mirror.query(
      std::string("SELECT DISTINCT project_id FROM changes WHERE ") + kSyncs +
          " AND project_id IS NOT NULL",
      {{"sync", result.sync_id}}, [](const std::vector<std::string>&) {},
      [&](const store::Row& row) {
        changed[text_of(row[0])];
        return true;
      });
  // Exports that a sync cut short put in place are written no second time.
  std::vector<std::string> files = result.exports;
  mirror.query(
      std::string("SELECT path FROM exports WHERE ") + kSyncs + " AND sync_id < :sync",
      {{"sync", result.sync_id}}, [](const std::vector<std::string>&) {},
      [&](const store::Row& row) {
        files.push_back((config.mirror.export_dir / text_of(row[0])).string());
        return true;
      });
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const std::string& path : files) {
    const auto below = std::filesystem::path(path).lexically_relative(config.mirror.export_dir);
    const std::string project = below.begin() == below.end() ? "" : below.begin()->string();
    // index.json and by-name/ are of no project.
    if (!changed.contains(project) &&
        mirror.rows("SELECT 1 FROM projects WHERE id = :id", {{"id", project}}).empty()) {
      continue;
    }
    changed[project].files.push_back(path);
  }
  std::vector<ChangedProject> list;
  for (auto& [id, project] : changed) {
    const auto rows = mirror.rows("SELECT name FROM projects WHERE id = :id", {{"id", id}});
    project.id = id;
    project.name = rows.empty() ? id : text_of(rows.front()[0]);
    list.push_back(std::move(project));
  }
  return list;
}

std::string hook_input(const Config& config, const sync::SyncResult& result,
                       const ChangedProject& project, store::Reader& mirror) {
  const store::Parameters parameters = {{"sync", result.sync_id}, {"project", project.id}};
  rapidjson::StringBuffer buffer;
  JsonOutput json(buffer);
  json.StartObject();
  write_field(json, "sync_id", result.sync_id);
  write_field(json, "project_id", project.id);
  write_field(json, "project_name", project.name);
  write_field(json, "export_dir", folder_of(config, project.id));
  write_field(json, "changes_total",
              mirror
                  .rows(std::string("SELECT count(*) FROM changes WHERE ") + kSyncs +
                            " AND project_id = :project",
                        parameters)
                  .at(0)
                  .at(0));
  write_changes(json, parameters, mirror);
  write_key(json, "files");
  json.StartArray();
  for (const std::string& path : project.files) write_text(json, path);
  json.EndArray();
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::vector<std::string> hook_environment(const Config& config,
                                          const std::vector<std::string>& current,
                                          const sync::SyncResult& result,
                                          const ChangedProject& project) {
  std::vector<std::string> hidden = {"NEXUS_SECRET_KEY", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET",
                                     "WATCHDOG_USEC",    "WATCHDOG_PID",          "JOURNAL_STREAM"};
  for (const WorkspaceConfig& workspace : config.workspaces) {
    hidden.push_back(workspace.secret_key_env);
  }
  const std::array<std::pair<std::string, std::string>, 4> told = {{
      {"NEXUS_MIRROR_PROJECT_ID", project.id},
      {"NEXUS_MIRROR_PROJECT_NAME", project.name},
      {"NEXUS_MIRROR_SYNC_ID", std::to_string(result.sync_id)},
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

void run_hooks(const Config& config, const sync::SyncResult& result, Env& env,
               sync::Observer& observer, const std::stop_token& stop) {
  if (config.hooks.on_change.empty() || result.sync_id == 0) return;
  if (result.result == sync::Outcome::interrupted || stop.stop_requested()) return;
  store::Reader mirror(config.mirror.database);
  const auto changed = changed_projects(config, result, mirror);
  if (changed.empty()) return;
  const auto lock = lock_hooks(config, env, observer, stop);
  for (const ChangedProject& project : changed) {
    if (stop.stop_requested()) {
      log::warning("no hook ran for project " + project.name + ", for a stop was asked for",
                   {{"project", project.name}, {"sync_id", result.sync_id}});
      continue;
    }
    Program program;
    program.argv = config.hooks.on_change;
    program.timeout = config.hooks.timeout;
    program.environment = hook_environment(config, current_environment(), result, project);
    program.input = hook_input(config, result, project, mirror);
    observer.waiting({}, program.timeout + kStopTime);
    run_hook(result, project, std::move(program), env, stop);
  }
}

}  // namespace nexus_mirror::mirror
