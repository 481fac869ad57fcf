#include "daemon/service.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/daemon.h"
#include "daemon/listener.h"
#include "daemon/plan.h"
#include "error/current_error.h"
#include "exports/export_owner.h"
#include "log/guard.h"
#include "log/log.h"

namespace nexus_mirror::daemon {
namespace {

class MirrorWork final : public Work {
 public:
  explicit MirrorWork(Env& env) : env_(env) {}

  sync::SyncResult update(const Config& config, const update::UpdateRequest& request,
                          sync::Observer& observer, const std::stop_token& stop) override {
    return update::run_update(config, request, env_, observer, stop);
  }
  sync::SyncResult refresh_links(const Config& config, const std::vector<std::string>& projects,
                                 sync::Observer& observer, const std::stop_token& stop) override {
    return update::refresh_links(config, projects, env_, observer, stop);
  }
  files::Verification verify_files(const Config& config, const files::VerifyRequest& request,
                                   const std::stop_token& stop) override {
    return files::verify_content(config, request, env_, stop);
  }
  MirrorFacts facts(const Config& config, std::int64_t now, std::int64_t before) override {
    return read_facts(config, now, before);
  }
  std::optional<store::FileCounts> file_counts(const Config& config) override {
    store::Database mirror(config.mirror, store::Use::query);
    return store::count_files(mirror);
  }
  std::vector<store::TableChanges> rows_of_sync(const Config& config,
                                                std::int64_t sync_id) override {
    return daemon::rows_of_sync(config, sync_id);
  }

 private:
  Env& env_;
};

// A service whose key is missing, or whose export directory is another's, had better not come up.
Config load_whole(const std::function<Config()>& load) {
  Config config = load();
  exports::refuse_foreign(config.mirror);
  for (const WorkspaceConfig& workspace : config.workspaces) resolve_secret_key(workspace);
  return config;
}

// The endpoint for monitoring, at the address of the configuration that counts.
class Monitoring {
 public:
  Monitoring(const Metrics& metrics, Env& env) : metrics_(metrics), env_(env) {}

  // Throws Error(config), and then what was there goes on.
  void move_to(const std::string& address) {
    if (address == address_) return;
    std::unique_ptr<Listener> listener;
    try {
      listener = open(address);
    } catch (const Error&) {
      if (!listener_) throw;
      // Maybe it is ourselves who hold the port, on another address of the machine.
      listener_.reset();
      try {
        listener = open(address);
      } catch (const Error&) {
        listener_ = open(address_);
        throw;
      }
    }
    listener_ = std::move(listener);
    address_ = address;
    if (listener_) log::info("listening on " + listener_->url());
  }

 private:
  std::unique_ptr<Listener> open(const std::string& address) const {
    if (address.empty()) return nullptr;
    return std::make_unique<Listener>(address, metrics_, env_);
  }

  const Metrics& metrics_;
  Env& env_;
  std::string address_;
  std::unique_ptr<Listener> listener_;
};

// Listens from the start, so that a stop is heard at once; the signals that come before there is a
// daemon reach it when it is there.
class Listening {
 public:
  explicit Listening(env::Signals& signals) : signals_(signals) {
    signals_.listen([this](int signal) {
      const std::lock_guard lock(mutex_);
      handler_ ? handler_(signal) : early_.push_back(signal);
    });
  }
  ~Listening() { signals_.close(); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

  // From now on `handler` is called; when leave() returns it is not, and will not be again.
  void reach(env::Signals::Handler handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
    for (const int signal : std::exchange(early_, {})) handler_(signal);
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    handler_ = {};
  }

 private:
  env::Signals& signals_;
  std::mutex mutex_;  // guards what follows
  env::Signals::Handler handler_;
  std::vector<int> early_;
};

// The time in which signals reach what was made before it.
class Reached {
 public:
  Reached(Listening& listening, SignalActions actions) : listening_(listening) {
    listening_.reach(guarded(std::move(actions)));
  }
  ~Reached() { listening_.leave(); }
  Reached(const Reached&) = delete;
  Reached& operator=(const Reached&) = delete;

 private:
  Listening& listening_;
};

// On SIGHUP. The database stays: its lock is held and its daemon is this one.
void reload(const std::function<Config()>& load, const Config& first, Monitoring& monitoring,
            Daemon& daemon, Notifier& notifier, Metrics& metrics) {
  notifier.reloading();
  try {
    Config config = load_whole(load);
    if (config.mirror.database != first.mirror.database) {
      throw Error(ErrorCode::config, "reloading", config.file.string(),
                  "[mirror] database is another one now", "restart the daemon for that");
    }
    monitoring.move_to(config.daemon_listen);
    log::info("configuration reloaded from " + config.file.string());
    daemon.reload(std::move(config));
    metrics.set_reload_successful(true);
  } catch (...) {
    const Error error = current_error(ErrorCode::config, "reloading", first.file.string());
    metrics.set_reload_successful(false);
    log::error(std::string("the configuration stays as it was: ") + error.what());
  }
  notifier.ready();
}

// A mirror of millions of rows takes minutes to migrate: that is no start that hangs, and none that
// cannot be stopped. False when it was.
bool prepare(const Config& config, Notifier& notifier, Env& env, const std::stop_token& stop) {
  constexpr std::int64_t kTellEveryMs = 5'000;
  constexpr std::chrono::seconds kUntilNextTime{60};
  std::int64_t told_ms = env.monotonic_ms();
  try {
    prepare_mirror(config, [&] {
      if (const std::int64_t now = env.monotonic_ms(); now - told_ms >= kTellEveryMs) {
        told_ms = now;
        notifier.starting(kUntilNextTime);
      }
      return !stop.stop_requested();
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    log::info("stopped while the mirror was brought up to date; that was undone");
    return false;
  }
  return true;
}

}  // namespace

env::Signals::Handler guarded(SignalActions actions) {
  return [actions = std::move(actions)](int signal) {
    if (signal == SIGHUP) {
      log::guard("reloading", "the configuration", actions.reload);
    } else if (signal == SIGUSR1) {
      log::guard("beginning", "a sync", actions.sync_now);
    } else {
      log::guard("stopping", "the daemon", actions.stopping);
    }
  };
}

void serve(const std::function<Config()>& load, Env& env, text::Zone zone) {
  env::Signals signals({SIGHUP, SIGUSR1});
  const Config config = load_whole(load);
  Listening listening(signals);
  PlanKeeper plan(config);
  const auto notifier = systemd_notifier();
  if (!prepare(config, *notifier, env, signals.stop_token())) return;
  Progress progress(env);
  Metrics metrics;
  Monitoring monitoring(metrics, env);
  MirrorWork work(env);
  Daemon daemon(config, {env, work, *notifier, progress, metrics, zone,
                         [&plan](std::optional<std::int64_t> next) { plan.tell(next); }});
  monitoring.move_to(config.daemon_listen);
  std::optional<Watchdog> watchdog;
  if (const auto interval = watchdog_interval()) {
    watchdog.emplace(*interval, *notifier, progress, env);
  }
  {
    const Reached reached(listening,
                          {[&] { notifier->stopping(); },
                           [&] { reload(load, config, monitoring, daemon, *notifier, metrics); },
                           [&] { daemon.sync_now(); }});
    // Only what could still end it has come before: whatever is lacking later, it goes on.
    notifier->ready();
    log::info("ready", {{"database", config.mirror.database.native()},
                        {"workspaces", static_cast<std::int64_t>(config.workspaces.size())},
                        {"interval_ms", std::int64_t{config.sync.interval.count()}}});
    daemon.run(signals.stop_token());
  }
  log::info("stopped");
}

}  // namespace nexus_mirror::daemon
