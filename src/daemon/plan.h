// What the daemon is about to do, told to whoever asks for the mirror's status: in the file of its
// lock, so that the mirror need not be written for it, and that it ends with the daemon.
#pragma once

#include <cstdint>
#include <optional>

#include "env/noted_lock.h"
#include "nexus_mirror/config.h"

namespace nexus_mirror::daemon {

struct Plan {
  env::Held daemon = env::Held::unknown;  // whether one works on the mirror
  bool syncing = false;                   // it does so now
  std::optional<std::int64_t> next_sync;  // UNIX ms; none = nobody knows, or `syncing`
};

// Held for the daemon's whole life. The mirror's own lock is free between its syncs, so that
// `nexus-mirror sync` may be run by hand. One thread at a time.
class PlanKeeper {
 public:
  // Makes the mirror's folder where it is missing. Throws Error: busy (another daemon has this
  // mirror), machine.
  explicit PlanKeeper(const Config& config);

  // UNIX ms; none = a sync begins. What would be the same to a second is not written again.
  void tell(std::optional<std::int64_t> next_sync);

 private:
  env::NotedLock lock_;
  std::optional<std::int64_t> told_;
};

// By who may read the mirror. Any thread.
Plan read_plan(const Config& config);

}  // namespace nexus_mirror::daemon
