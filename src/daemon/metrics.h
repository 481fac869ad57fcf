// What the daemon counts and knows of itself, for /metrics and /readyz.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/mirror_facts.h"
#include "nexus_mirror/transport.h"
#include "sync/sync.h"

namespace nexus_mirror::daemon {

// Any thread may call any method. Counters begin at 0 with the process.
class Metrics {
 public:
  // The configuration that counts from now on; counters go on.
  void configure(const Config& config);

  // What came of the last attempt to read it anew.
  void set_reload_successful(bool successful);

  void exchanged(const Exchange& exchange);
  void retried(const std::string& workspace);
  void sync_began();
  // `rows` are those of this sync; files of `result.exports` are looked at.
  void sync_ended(const sync::SyncResult& result, const std::vector<store::TableChanges>& rows);
  // Files as syncs before this process have left them.
  void set_files(const store::FileCounts& files);
  void hook_ended(bool well);
  // Projects whose hook ended badly the last time, as the mirror knows them.
  void set_hooks_failing(std::int64_t projects);
  void sync_failed();     // it ended without a result: a key is missing, the mirror is broken
  void sync_postponed();  // it did not begin
  // UNIX ms; nullopt = never, unknown.
  void set_last_success(std::optional<std::int64_t> when);
  void set_next_sync(std::optional<std::int64_t> when);
  void set_failures(const std::string& workspace, int in_a_row);

  // The mirror had a success, no longer than stale_after ago; one that is still to come is none.
  // `now` is UNIX ms.
  bool ready(std::int64_t now) const;

  // Prometheus' text format 0.0.4.
  std::string text(std::int64_t now) const;

 private:
  using Labels = std::pair<std::string, std::string>;
  struct Workspace {
    std::int64_t last_success = 0;  // UNIX ms; 0 = never in this process
    std::int64_t failures = 0, retries = 0, bytes = 0;
  };

  mutable std::mutex mutex_;  // guards everything below
  std::filesystem::path database_;
  std::int64_t stale_after_ = 0;
  std::map<std::string, Workspace> workspaces_;
  std::map<Labels, std::int64_t> requests_;  // by workspace and status
  std::map<Labels, std::int64_t> rows_;      // by table and operation
  std::map<objects::Outcome, std::int64_t> syncs_;
  store::FileCounts files_;  // as the last sync left them
  std::int64_t hooks_well_ = 0, hooks_failed_ = 0, hooks_failing_ = 0;
  std::int64_t exported_files_ = 0, exported_bytes_ = 0;
  std::int64_t last_duration_ms_ = 0;
  bool reload_successful_ = true;
  bool syncing_ = false;
  bool wal_held_ = false;
  std::optional<std::int64_t> last_success_, next_sync_;
};

}  // namespace nexus_mirror::daemon
