// The loop: syncs when the schedule says so, until it is told to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/daily_verify.h"
#include "daemon/metrics.h"
#include "daemon/mirror_facts.h"
#include "daemon/notify.h"
#include "daemon/progress.h"
#include "daemon/schedule.h"
#include "files/verification.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "text/moment.h"
#include "update/run_update.h"

namespace nexus_mirror::daemon {

// What the loop does to the mirror; all throw Error. Called by the loop's thread alone.
class Work {
 public:
  virtual ~Work() = default;
  virtual sync::SyncResult update(const Config& config, const update::UpdateRequest& request,
                                  sync::Observer& observer, const std::stop_token& stop) = 0;
  virtual sync::SyncResult refresh_links(const Config& config,
                                         const std::vector<std::string>& projects,
                                         sync::Observer& observer, const std::stop_token& stop) = 0;
  // Reads some of the files that are kept (files::verify_content).
  virtual files::Verification verify_files(const Config& /*config*/,
                                           const files::VerifyRequest& /*request*/,
                                           const std::stop_token& /*stop*/) {
    return {};
  }
  virtual MirrorFacts facts(const Config& config, std::int64_t now, std::int64_t before) = 0;
  // The files that are kept; nullopt = nobody knows. Looks at all of them.
  virtual std::optional<store::FileCounts> file_counts(const Config& /*config*/) {
    return std::nullopt;
  }
  virtual std::vector<store::TableChanges> rows_of_sync(const Config& config,
                                                        std::int64_t sync_id) = 0;
};

// Everything that the loop works with; outlives it.
struct Surroundings {
  Env& env;
  Work& work;
  Notifier& notifier;
  Progress& progress;
  Metrics& metrics;
  text::Zone zone = text::Zone::utc;  // of the times that people are told
  // Told when the next sync is due (UNIX ms), and of none when one begins. May be empty.
  std::function<void(std::optional<std::int64_t> next)> plan = {};
};

class Daemon {
 public:
  Daemon(Config config, const Surroundings& surroundings);

  // Runs until `stop` is requested. Nothing that fails ends it. Called once.
  void run(const std::stop_token& stop);

  // Any thread: all workspaces are due now, whatever the schedule says.
  void sync_now();
  // Any thread: `config` counts from the next sync on, which follows at once.
  void reload(Config config);

 private:
  class Watcher;

  void step(const std::stop_token& stop);
  void take_requests();
  void make_due();
  void adopt(const Config& config);
  MirrorFacts read_facts();
  void sync(const DueSync& due, const std::stop_token& stop);
  update::UpdateRequest request_for(const DueSync& due) const;
  void settle(const DueSync& due, const Clocks& began, const sync::SyncResult& result);
  void settle(const DueSync& due, const Clocks& began, const Error& error);
  Turn& turn_of(const std::string& workspace);
  void refresh_links(const std::stop_token& stop);
  void verify_files(const std::stop_token& stop);
  bool has_requests();
  void note_links(int failures);
  void tell_next(const std::string& before);
  void wait(std::int64_t ms, const std::stop_token& stop);

  const Surroundings with_;
  Config config_;            // of the loop's thread, as are the next ones
  std::vector<Turn> turns_;  // one for each workspace, in the configuration's order
  Links links_;
  std::string last_outcome_;  // of the last sync, for people
  DailyVerify daily_verify_;

  std::mutex mutex_;            // guards everything below
  std::optional<Config> next_;  // from reload()
  bool sync_now_ = false;
  std::stop_source wake_;  // ends the wait under way
};

}  // namespace nexus_mirror::daemon
