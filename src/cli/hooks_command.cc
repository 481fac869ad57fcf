#include "cli/hooks_command.h"

#include <chrono>
#include <filesystem>
#include <system_error>

#include "cli/json_text.h"
#include "cli/project_filter.h"
#include "cli/text.h"
#include "env/signals.h"
#include "text/counted.h"
#include "text/joined.h"
#include "text/quantity.h"
#include "update/hook_sample.h"

namespace nexus_mirror::cli {
namespace {

update::HookSample sample_for(const HooksTestOptions& options, const Config& config) {
  std::error_code unknown;
  const bool there = std::filesystem::exists(config.mirror.database, unknown);
  if (!there && options.project.empty()) return update::made_up_sample(config);
  store::Database mirror(config.mirror, store::Use::query);
  std::string id;
  if (!options.project.empty()) id = matching_projects(mirror, {options.project}).front();
  return update::hook_sample(config, mirror, id);
}

std::string program_text(const Config& config) {
  return text::joined(config.hooks.on_change, " ", printable);
}

// "12 ms", "3s": what is short is told exactly.
std::string time_text(std::int64_t ms) {
  return ms < 1000 ? std::to_string(ms) + " ms"
                   : text::rough_duration(std::chrono::milliseconds(ms));
}

std::string trial_json(const Config& config, const update::HookSample& sample,
                       const update::HookTrial& trial) {
  text::JsonWriter json;
  json.begin_object();
  json.member("hook", "on_change");
  json.member("program", config.hooks.on_change);
  json.member("project_id", sample.project.id);
  json.member("project_name", sample.project.name);
  json.member("made_up", sample.made_up);
  json.key("input");
  write_embedded(json, trial.input);
  json.member("output", trial.output);
  json.member("problem", unless_empty(trial.ending.problem));
  json.member("ms", trial.ms);
  json.end_object();
  return json.take() + "\n";
}

}  // namespace

ExitCode run_hooks_test(const HooksTestOptions& options, CommandContext& context) {
  env::Signals signals;
  const Config config = context.load();
  signals.listen();
  if (config.hooks.on_change.empty()) {
    throw Error(ErrorCode::usage, "testing", "the hooks of " + config.file.string(),
                "none is configured", "set [hooks] on_change to a program and its arguments");
  }
  const update::HookSample sample = sample_for(options, config);
  if (!options.json) {
    context.out.write("on_change  " + program_text(config) + "\n");
    context.out.write("sample     " +
                      (sample.made_up ? std::string("made up: the mirror has no project")
                                      : "project " + printable(sample.project.name) + ", sync " +
                                            std::to_string(sample.sync_id)) +
                      ", " + text::counted(sample.changes.size(), "change") + ", " +
                      text::counted(sample.project.files.size(), "file") + "\n");
    context.out.flush();
  }
  const update::HookTrial trial =
      update::try_hook(config, sample, context.env, signals.stop_token());
  const std::string& problem = trial.ending.problem;
  if (options.json) {
    context.out.write(trial_json(config, sample, trial));
  } else {
    for (const std::string& line : trial.output) context.out.write("  " + printable(line) + "\n");
    context.out.write((problem.empty() ? "ended well" : "failed") + std::string(" after ") +
                      time_text(trial.ms) + "\n");
  }
  if (problem.empty()) return ExitCode::done;
  context.notice("running the hook " + program_text(config) + " with a sample: " + problem +
                 "; nothing was recorded");
  return ExitCode::partial;
}

}  // namespace nexus_mirror::cli
