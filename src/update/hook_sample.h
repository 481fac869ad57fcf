// `on_change` tried with a sample: the same program, input and environment as after a sync, and
// nothing of it is recorded.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/change_feed.h"
#include "update/hooks.h"

namespace nexus_mirror::update {

struct HookSample {
  bool made_up = false;  // no project of the mirror's
  std::int64_t sync_id = 0;
  ChangedProject project;              // with its files, the first thousand
  std::vector<store::Change> changes;  // the last few
};

// Of the project, as it lies in the mirror; of the one that changed last where `project_id` is
// empty. Throws as Database does.
HookSample hook_sample(const Config& config, store::Database& mirror,
                       const std::string& project_id);
// Where there is no mirror, or none with a project.
HookSample made_up_sample(const Config& config);

struct HookTrial {
  std::string input;                // JSON, what it read
  std::vector<std::string> output;  // its lines
  Ending ending;
  std::int64_t ms = 0;
};

// Runs the hook with the sample and waits for its end; other hooks of this mirror wait meanwhile.
// Throws Error: machine, interrupted.
HookTrial try_hook(const Config& config, const HookSample& sample, Env& env,
                   const std::stop_token& stop);

}  // namespace nexus_mirror::update
