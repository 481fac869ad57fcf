#include "daemon/daemon.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "error/current_error.h"
#include "log/guard.h"
#include "log/log.h"
#include "text/counted.h"
#include "text/joined.h"

namespace nexus_mirror::daemon {
namespace {

using objects::Outcome;
using std::chrono::milliseconds;

// Waits are cut into pieces of this length: the monotonic clock does not see a suspend, the wall
// clock cannot be waited for, and others may have synced meanwhile.
constexpr std::int64_t kLongestWaitMs = 30'000;
constexpr milliseconds kWaitSlack{10'000};         // until the loop must have woken up
constexpr milliseconds kLongestRetry{86'400'000};  // more is not waited for (make_retry)
constexpr std::int64_t kStatusPauseMs = 1'000;
constexpr milliseconds kAfterTrouble{10'000};

}  // namespace

// Passes on what happens in a sync: to the watchdog, the counters and `systemctl status`.
class Daemon::Watcher final : public sync::Observer {
 public:
  Watcher(const Surroundings& with, std::string doing) : with_(with), doing_(std::move(doing)) {
    with_.notifier.status(doing_);
  }

  void project_rows(const std::string& id, const std::string& /*name*/, std::int64_t done,
                    std::optional<std::int64_t> /*total*/) override {
    with_.progress.moved();
    const std::lock_guard lock(mutex_);
    rows_[id] = done;
    show();
  }
  void project_finished(const std::string& id) override {
    with_.progress.moved();
    const std::lock_guard lock(mutex_);
    finished_.insert(id);
    show();
  }
  void files_fetched(const sync::FilesProgress& files) override {
    const std::lock_guard lock(mutex_);
    if (!is_time_to_show()) return;
    with_.notifier.status(doing_ + ": " + std::to_string(files.files) + " of " +
                          text::counted(files.total, "file") + " fetched");
  }
  void exporting(const sync::ExportProgress& exports) override {
    const std::lock_guard lock(mutex_);
    if (!is_time_to_show()) return;
    with_.notifier.status(doing_ + ": " + std::to_string(exports.images_done) + " of " +
                          text::counted(exports.images_all, "image") + " exported");
  }
  void exchanged(const Exchange& exchange) override {
    with_.metrics.exchanged(exchange);
    with_.progress.moved();
  }
  void moved() override { with_.progress.moved(); }
  void waiting(const std::string& workspace, milliseconds at_most) override {
    if (workspace.empty()) {
      with_.progress.resumes();  // what was allowed for before is over
      with_.progress.waits(at_most);
    } else {
      with_.metrics.retried(workspace);
      with_.progress.waits(std::min(at_most, kLongestRetry));
    }
  }

 private:
  bool is_time_to_show() {
    const std::int64_t now = with_.env.monotonic_ms();
    if (shown_ms_ && now - *shown_ms_ < kStatusPauseMs) return false;
    shown_ms_ = now;
    return true;
  }
  void show() {
    if (!is_time_to_show()) return;
    std::int64_t rows = 0;
    for (const auto& [id, count] : rows_) rows += count;
    with_.notifier.status(doing_ + ": " + std::to_string(finished_.size()) + " of " +
                          text::counted(rows_.size(), "project") + " done, " +
                          text::counted(rows, "row"));
  }

  const Surroundings& with_;
  const std::string doing_;
  std::mutex mutex_;                          // guards everything below
  std::map<std::string, std::int64_t> rows_;  // by project
  std::set<std::string> finished_;
  std::optional<std::int64_t> shown_ms_;
};

Daemon::Daemon(Config config, const Surroundings& surroundings)
    : with_(surroundings), config_(std::move(config)) {
  with_.metrics.configure(config_);
}

void Daemon::sync_now() {
  const std::lock_guard lock(mutex_);
  sync_now_ = true;
  wake_.request_stop();
}

void Daemon::reload(Config config) {
  const std::lock_guard lock(mutex_);
  next_ = std::move(config);
  wake_.request_stop();
}

void Daemon::run(const std::stop_token& stop) {
  adopt(config_);
  const MirrorFacts facts = read_facts();
  for (Turn& turn : turns_) {
    if (facts.last_full) turn.last_full = Clocks{*facts.last_full, with_.env.monotonic_ms()};
  }
  note_links(0);
  try {
    if (const auto files = with_.work.file_counts(config_)) with_.metrics.set_files(*files);
  } catch (...) {
    log::debug(current_error(ErrorCode::machine, "counting", "files").what());
  }
  while (!stop.stop_requested()) {
    try {
      step(stop);
    } catch (...) {  // out of memory, say: the next round may have more
      log::current_exception("running", "the daemon");
      with_.progress.waits(kAfterTrouble + kWaitSlack);
      with_.env.sleep(kAfterTrouble, stop);
    }
  }
}

// One sync, one renewal of links, or one wait.
void Daemon::step(const std::stop_token& stop) {
  with_.progress.resumes();
  take_requests();
  const Clocks now = Clocks::now(with_.env);
  const DueSync due = due_sync(turns_, now, config_.sync);
  if (!due.workspaces.empty()) return sync(due, stop);
  const auto links = refresh_links_in(links_, now, config_.sync);
  if (links && *links == 0) return refresh_links(stop);
  if (daily_verify_.is_due(config_.files, now)) return verify_files(stop);
  std::int64_t pause = std::min(next_sync_in(turns_, now), kLongestWaitMs);
  if (links) pause = std::min(pause, *links);
  // Which links live was told by the clock of the last sync, which may have been wrong.
  if (read_facts().earliest_link != links_.earliest_ms) note_links(links_.failures);
  tell_next(last_outcome_);
  wait(pause, stop);
}

void Daemon::take_requests() {
  std::optional<Config> next;
  bool now = false;
  {
    const std::lock_guard lock(mutex_);
    next = std::exchange(next_, std::nullopt);
    now = std::exchange(sync_now_, false);
  }
  if (next) adopt(*next);
  if (next || now) make_due();
}

void Daemon::make_due() {
  for (Turn& turn : turns_) turn.wait = std::nullopt;
}

// Workspaces are known again by their names.
void Daemon::adopt(const Config& config) {
  std::vector<Turn> turns;
  for (const WorkspaceConfig& workspace : config.workspaces) {
    const auto known = std::find_if(turns_.begin(), turns_.end(), [&](const Turn& turn) {
      return turn.workspace == workspace.name;
    });
    turns.push_back(known != turns_.end() ? *known : Turn{workspace.name, {}, 0, {}});
    turns.back().failures = 0;
  }
  turns_ = std::move(turns);
  if (&config != &config_) config_ = config;
  with_.metrics.configure(config_);
}

// Also makes a success of another process count, of `nexus-mirror sync` by hand.
MirrorFacts Daemon::read_facts() {
  const std::int64_t now = with_.env.now_ms();
  try {
    MirrorFacts facts =
        with_.work.facts(config_, now, now + config_.sync.link_refresh_margin.count());
    with_.metrics.set_last_success(facts.last_success);
    with_.metrics.set_hooks_failing(facts.hooks_failing);
    return facts;
  } catch (...) {
    log::debug(current_error(ErrorCode::machine, "reading", "the mirror").what());
    return {};
  }
}

update::UpdateRequest Daemon::request_for(const DueSync& due) const {
  update::UpdateRequest request;
  request.workspaces = due.workspaces;
  request.sync.full = due.full;
  request.files_limit = config_.sync.interval;
  request.sync.quick = !due.full;
  request.hook_ended = [this](bool well) { with_.metrics.hook_ended(well); };
  for (const Turn& turn : turns_) {
    const bool is_due = std::find(due.workspaces.begin(), due.workspaces.end(), turn.workspace) !=
                        due.workspaces.end();
    if (is_due || turn.failures == 0) continue;
    request.sync.left_out =
        "workspace " + turn.workspace + " is not up to date: its last sync failed";
  }
  return request;
}

void Daemon::sync(const DueSync& due, const std::stop_token& stop) {
  const Clocks began = Clocks::now(with_.env);
  Watcher watcher(with_, "Syncing " + text::joined(due.workspaces, ","));
  with_.metrics.sync_began();
  if (with_.plan) with_.plan(std::nullopt);
  try {
    settle(due, began, with_.work.update(config_, request_for(due), watcher, stop));
  } catch (...) {
    settle(due, began,
           current_error(ErrorCode::machine, "syncing", text::joined(due.workspaces, ",")));
  }
  for (const Turn& turn : turns_) with_.metrics.set_failures(turn.workspace, turn.failures);
  note_links(0);
  tell_next(last_outcome_);  // also when the next one is due already
}

void Daemon::settle(const DueSync& due, const Clocks& began, const sync::SyncResult& result) {
  const Clocks ended = Clocks::now(with_.env);
  std::vector<store::TableChanges> rows;
  try {
    rows = with_.work.rows_of_sync(config_, result.sync_id);
  } catch (...) {
    log::debug(current_error(ErrorCode::machine, "counting", "changes").what());
  }
  with_.metrics.sync_ended(result, rows);
  for (const std::string& name : due.workspaces) {
    const auto found =
        std::find_if(result.workspaces.begin(), result.workspaces.end(),
                     [&](const sync::WorkspaceResult& each) { return each.name == name; });
    Outcome outcome = Outcome::failed;
    if (result.result == Outcome::interrupted) {
      outcome = Outcome::interrupted;
    } else if (found != result.workspaces.end() && !found->incomplete) {
      outcome = found->outcome;
    }
    Turn& turn = turn_of(name);
    turn = after_sync(turn, outcome, due.full, began, ended, config_.sync, with_.env.random());
    if (outcome != Outcome::failed || found == result.workspaces.end() || !found->own_error) {
      continue;
    }
    log::error(found->error, {{"workspace", name}, {"sync_id", result.sync_id}});
  }
  const std::string workspaces = text::joined(due.workspaces, ",");
  log::info(update::summary(result, false),
            {{"workspace", workspaces},
             {"sync_id", result.sync_id},
             {"mode", result.mode},
             {"result", name_of(result.result)},
             {"projects", static_cast<std::int64_t>(result.projects.size())},
             {"requests", result.requests},
             {"bytes_received", result.bytes_received},
             {"exported_files", static_cast<std::int64_t>(result.exports.size())},
             {"next_sync_ms", next_sync_in(turns_, ended)}});
  last_outcome_ = "Sync " + std::to_string(result.sync_id) + " ";
  last_outcome_.append(name_of(result.result)).append(", ");
  last_outcome_ += text::counted(result.projects.size(), "project") + ", +" +
                   std::to_string(result.rows.inserted) + " ~" +
                   std::to_string(result.rows.updated) + " -" +
                   std::to_string(result.rows.deleted) + " rows";
  if (!result.error.empty()) last_outcome_ += " (" + result.error + ")";
}

// It did not even begin.
void Daemon::settle(const DueSync& due, const Clocks& began, const Error& error) {
  const Clocks ended = Clocks::now(with_.env);
  const bool busy = error.code() == ErrorCode::busy;
  const Outcome outcome =
      error.code() == ErrorCode::interrupted ? Outcome::interrupted : Outcome::failed;
  for (const std::string& name : due.workspaces) {
    Turn& turn = turn_of(name);
    turn =
        busy ? after_busy(turn, ended, config_.sync)
             : after_sync(turn, outcome, due.full, began, ended, config_.sync, with_.env.random());
  }
  const std::string workspaces = text::joined(due.workspaces, ",");
  if (outcome == Outcome::failed && !busy) {
    with_.metrics.sync_failed();
    log::error(error.what(), {{"workspace", workspaces}});
    last_outcome_ = std::string("Failing: ") + error.what();
  } else {
    with_.metrics.sync_postponed();
    log::info(std::string("waiting: ") + error.what(), {{"workspace", workspaces}});
    last_outcome_ = "Waiting for another nexus-mirror that works on the mirror";
  }
}

Turn& Daemon::turn_of(const std::string& workspace) {
  return *std::find_if(turns_.begin(), turns_.end(),
                       [&](const Turn& turn) { return turn.workspace == workspace; });
}

void Daemon::refresh_links(const std::stop_token& stop) {
  const std::vector<std::string> projects = read_facts().dying_projects;
  if (projects.empty()) return note_links(0);  // somebody was faster
  int failures = links_.failures + 1;
  try {
    Watcher watcher(with_, "Renewing model links of " + text::counted(projects.size(), "project"));
    const sync::SyncResult result = with_.work.refresh_links(config_, projects, watcher, stop);
    if (result.exit == ExitCode::done) failures = 0;
    log::info("model links renewed", {{"projects", static_cast<std::int64_t>(projects.size())},
                                      {"rows", result.rows.updated}});
  } catch (...) {
    const Error error = current_error(ErrorCode::machine, "renewing", "model links");
    if (error.code() != ErrorCode::interrupted) log::warning(error.what());
  }
  note_links(failures);
}

bool Daemon::has_requests() {
  const std::lock_guard lock(mutex_);
  return next_ || sync_now_;
}

void Daemon::verify_files(const std::stop_token& stop) {
  Watcher watcher(with_, "Verifying files");
  const auto now = [&] { return Clocks::now(with_.env); };
  daily_verify_.slice(
      config_.files, now, [&] { return next_sync_in(turns_, now()) == 0 || has_requests(); },
      [&] { watcher.moved(); },
      [&](const files::VerifyRequest& request) {
        return with_.work.verify_files(config_, request, stop);
      });
}

void Daemon::note_links(int failures) {
  const std::optional<std::int64_t> earliest = read_facts().earliest_link;
  links_ = {earliest, Clocks::now(with_.env), failures};
}

void Daemon::tell_next(const std::string& before) {
  const Clocks now = Clocks::now(with_.env);
  const std::int64_t next = now.wall_ms + next_sync_in(turns_, now);
  with_.metrics.set_next_sync(next);
  if (with_.plan) with_.plan(next);
  with_.notifier.status(before + (before.empty() ? "N" : "; n") + "ext sync at " +
                        text::clock_text(next, with_.zone));
}

void Daemon::wait(std::int64_t ms, const std::stop_token& stop) {
  std::stop_source wake;
  {
    const std::lock_guard lock(mutex_);
    if (next_ || sync_now_) return;
    wake_ = wake;
  }
  const std::stop_callback forward(stop, [&wake] { wake.request_stop(); });
  with_.progress.waits(milliseconds(ms) + kWaitSlack);
  with_.env.sleep(milliseconds(ms), wake.get_token());
}

}  // namespace nexus_mirror::daemon
