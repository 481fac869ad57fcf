// `on_change`: the user's program, run for each project that changed. It follows the feed of
// changes (store/change_feed.h) as the consumer store::kHooks, project by project: what it has not
// been told of to its end, whatever was killed when, it is told of after a later sync.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/change_feed.h"
#include "sync/sync.h"
#include "update/program_run.h"

namespace nexus_mirror::update {

// A project that changed, as the hook is told of it.
struct ChangedProject {
  std::string id, name;
  store::Position from = {};            // it has been told of what is up to there
  store::Position upto = {};            // and is told of what is up to here
  std::vector<std::string> files = {};  // exported files that were written since, absolute
};

// Projects with changes that the hook has not been told of, and those of which a file was exported;
// by id.
std::vector<ChangedProject> changed_projects(const Config& config, const sync::SyncResult& result,
                                             store::Database& mirror);

// What the hook reads on stdin: JSON (CONTRACT.md 5).
std::string hook_input(const Config& config, std::int64_t sync_id, const ChangedProject& project,
                       store::Database& mirror);

// The same with these changes, of `changes_total`.
std::string hook_input(const Config& config, std::int64_t sync_id, const ChangedProject& project,
                       std::int64_t changes_total, const std::vector<store::Change>& changes);

// `current` ("NAME=VALUE") without what may be secret or belongs to this process alone, with what
// the hook is told.
std::vector<std::string> hook_environment(const Config& config,
                                          const std::vector<std::string>& current,
                                          std::int64_t sync_id, const ChangedProject& project);

// The hook for the project, but for its input.
Program hook_program(const Config& config, std::int64_t sync_id, const ChangedProject& project);

// Held while hooks run. Waits for another process's; null when `stop` came first. Throws
// Error(machine).
std::unique_ptr<FileLock> lock_hooks(const Config& config, Env& env, sync::Observer& observer,
                                     const std::stop_token& stop);

// Told when a hook has run, or could not be started: whether all is well.
using HookEnded = std::function<void(bool well)>;

// Runs the hook once per project that changed, one after the other, and only one at a time per
// mirror whatever other processes do. It is told of what there is up to the end of this sync, not
// of one that is under way elsewhere. Its output goes to the log; a failure or time-out is a
// warning there, and an end all the same: of this state it is not told again. A program that cannot
// be started has been told nothing: it is tried again after each sync. What went wrong stays in
// store::hook_troubles() until it ends well for that project. Nothing is run when the sync
// was cut short: the next one makes up for it. Throws nothing of the hook's making; Error(machine)
// when the mirror cannot be read, or an end cannot be recorded. False where something may be left
// to tell.
bool run_hooks(const Config& config, const sync::SyncResult& result, Env& env,
               sync::Observer& observer, const std::stop_token& stop, const HookEnded& ended = {});

}  // namespace nexus_mirror::update
