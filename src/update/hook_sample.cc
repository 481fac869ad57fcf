#include "update/hook_sample.h"

#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "exports/file_names.h"
#include "exports/links.h"
#include "exports/manifest.h"
#include "nexus_mirror/error.h"
#include "store/mirror_state.h"
#include "store/project_row.h"
#include "text/json_writer.h"

namespace nexus_mirror::update {
namespace {

constexpr std::int64_t kChanges = 3;
constexpr std::size_t kMostFiles = 1000;

std::filesystem::path folder_of(const Config& config, const std::string& project_id) {
  return config.mirror.export_dir / exports::safe_folder(project_id);
}

std::vector<store::Change> last_changes(store::Database& mirror, const std::string& project_id) {
  store::ChangeFilter filter;
  if (!project_id.empty()) filter.project_ids = {project_id};
  std::vector<store::Change> changes;
  store::ChangeFeed(mirror).for_each(
      filter, kChanges, [&](const store::Change& change) { changes.push_back(change); });
  return changes;
}

std::string project_that_changed_last(store::Database& mirror) {
  const std::vector<store::Change> changes = last_changes(mirror, {});
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
    if (change->project_id && store::find_project(mirror, *change->project_id)) {
      return *change->project_id;
    }
  }
  const auto projects = store::all_projects(mirror);
  return projects.empty() ? std::string() : projects.front().id;
}

std::vector<std::string> files_of(const Config& config, store::Database& mirror,
                                  const std::string& project_id) {
  std::vector<std::string> files;
  std::error_code unknown;
  for (const char* name : {exports::kManifest, exports::kLinksJson, exports::kLinksCsv}) {
    const std::filesystem::path file = folder_of(config, project_id) / name;
    if (std::filesystem::exists(file, unknown)) files.push_back(file.string());
  }
  constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
  for (const store::ExportedPath& exported : store::exported_between(mirror, -1, kAll)) {
    if (files.size() >= kMostFiles) break;
    if (exported.project_id != project_id) continue;
    files.push_back((config.mirror.export_dir / exported.path).string());
  }
  return files;
}

}  // namespace

HookSample hook_sample(const Config& config, store::Database& mirror,
                       const std::string& project_id) {
  const std::string id = project_id.empty() ? project_that_changed_last(mirror) : project_id;
  const auto row = store::find_project(mirror, id);
  if (!row) return made_up_sample(config);
  HookSample sample;
  const auto last = store::last_sync(mirror);
  sample.sync_id = last ? last->id : 0;
  sample.project.id = id;
  sample.project.name = row->name.empty() ? id : row->name;
  sample.project.files = files_of(config, mirror, id);
  sample.changes = last_changes(mirror, id);
  return sample;
}

HookSample made_up_sample(const Config& config) {
  HookSample sample;
  sample.made_up = true;
  sample.sync_id = 1;
  sample.project.id = "proj_00000000000000000000000000000000";
  sample.project.name = "sample";
  sample.project.files = {(folder_of(config, sample.project.id) / exports::kManifest).string()};
  store::Change change;
  change.seq = 1;
  change.sync_id = 1;
  change.entity = "assets";
  change.entity_id = "asset_00000000-0000-0000-0000-000000000000";
  change.project_id = sample.project.id;
  change.op = "insert";
  text::JsonWriter row;
  row.begin_object();
  row.member("filename", "sample.jpg");
  row.member("id", *change.entity_id);
  row.end_object();
  change.after = row.take();
  sample.changes = {std::move(change)};
  return sample;
}

HookTrial try_hook(const Config& config, const HookSample& sample, Env& env,
                   const std::stop_token& stop) {
  sync::Observer nobody;
  std::error_code unknown;
  std::unique_ptr<FileLock> lock;
  if (std::filesystem::exists(config.mirror.database, unknown)) {
    lock = lock_hooks(config, env, nobody, stop);
  }
  Program program = hook_program(config, sample.sync_id, sample.project);
  HookTrial trial;
  trial.input = hook_input(config, sample.sync_id, sample.project,
                           static_cast<std::int64_t>(sample.changes.size()), sample.changes);
  program.input = trial.input;
  program.on_line = [&](std::string_view line) { trial.output.emplace_back(line); };
  const std::int64_t begin = env.monotonic_ms();
  trial.ending = run_program(program, env, stop);
  trial.ms = env.monotonic_ms() - begin;
  if (trial.ending.how == Ending::How::stopped || stop.stop_requested()) {
    throw Error(ErrorCode::interrupted, "trying", "the hook " + program.argv.front(),
                "asked to stop", "nothing was recorded");
  }
  return trial;
}

}  // namespace nexus_mirror::update
