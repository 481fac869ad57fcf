// `on_change`: the user's program, run for each project that a sync changed.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/reader.h"
#include "sync/sync.h"

namespace nexus_mirror::mirror {

// A project that changed, as the hook is told of it.
struct ChangedProject {
  std::string id, name;
  std::vector<std::string> files;  // exported files that were written, absolute
};

// Projects with rows in `changes` of this sync, or of syncs cut short just before it (which ran no
// hook), and projects of which a file was exported; by id.
std::vector<ChangedProject> changed_projects(const Config& config, const sync::SyncResult& result,
                                             store::Reader& mirror);

// What the hook reads on stdin: JSON (design.md, section 5).
std::string hook_input(const Config& config, const sync::SyncResult& result,
                       const ChangedProject& project, store::Reader& mirror);

// `current` ("NAME=VALUE") without what may be secret or belongs to this process alone, with what
// the hook is told.
std::vector<std::string> hook_environment(const Config& config,
                                          const std::vector<std::string>& current,
                                          const sync::SyncResult& result,
                                          const ChangedProject& project);

// Runs the hook once per project that changed, one after the other, and only one at a time per
// mirror whatever other processes do. Its output goes to the log; a failure or time-out is a
// warning there. Nothing is run when the sync was cut short: the next one makes up for it. Throws
// nothing of the hook's making; Error(mirror) when the mirror cannot be read.
void run_hooks(const Config& config, const sync::SyncResult& result, Env& env,
               sync::Observer& observer, const std::stop_token& stop);

}  // namespace nexus_mirror::mirror
