// What the daemon says of itself: its plan, to `status`, and how hooks go, to /metrics.
#include "daemon/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "daemon/daemon.h"
#include "support/fake_env.h"
#include "support/mirror_run.h"
#include "support/notify_socket.h"

namespace nexus_mirror::daemon {
namespace {

using testing::FakeEnv;

constexpr std::int64_t kStart = 1'769'860'800'000, kMinute = 60'000;

class UnheardNotifier final : public Notifier {
  void send(const std::string& /*state*/) override {}
};

class HookedWork final : public Work {
 public:
  sync::SyncResult update(const Config&, const update::UpdateRequest& request, sync::Observer&,
                          const std::stop_token&) override {
    for (const bool well : {true, false, false}) request.hook_ended(well);
    sync::SyncResult result;
    result.result = sync::Outcome::ok;
    for (const std::string& name : request.workspaces) {
      result.workspaces.push_back({name, sync::Outcome::ok, "", false, false});
    }
    return result;
  }
  sync::SyncResult refresh_links(const Config&, const std::vector<std::string>&, sync::Observer&,
                                 const std::stop_token&) override {
    return {};
  }
  MirrorFacts facts(const Config&, std::int64_t, std::int64_t) override {
    MirrorFacts facts;
    facts.hooks_failing = 2;
    return facts;
  }
  std::vector<store::TableChanges> rows_of_sync(const Config&, std::int64_t) override { return {}; }
};

class DaemonPlanTest : public ::testing::Test {
 protected:
  DaemonPlanTest() {
    env_.start = kStart;
    config_.workspaces.resize(1);
    config_.workspaces[0].name = "a";
    config_.sync.jitter = std::chrono::milliseconds(0);
  }
  void run(std::int64_t end) {
    Daemon daemon(config_, {env_, work_, notifier_, progress_, metrics_, text::Zone::utc,
                            [this](std::optional<std::int64_t> next) { told_.push_back(next); }});
    std::stop_source stop;
    env_.on_sleep = [&] {
      if (env_.clock >= end) stop.request_stop();
    };
    daemon.run(stop.get_token());
  }

  FakeEnv env_;
  HookedWork work_;
  UnheardNotifier notifier_;
  Progress progress_{env_};
  Metrics metrics_;
  Config config_;
  std::vector<std::optional<std::int64_t>> told_;
};

TEST_F(DaemonPlanTest, IsToldAndThatASyncBegins) {
  run(16 * kMinute);
  ASSERT_GE(told_.size(), 3U);
  EXPECT_EQ(told_[0], std::nullopt);
  EXPECT_EQ(told_[1], kStart + 15 * kMinute);
  EXPECT_EQ(std::count(told_.begin(), told_.end(), std::nullopt), 2) << "two syncs";
  EXPECT_EQ(told_.back(), kStart + 30 * kMinute);
}

TEST_F(DaemonPlanTest, HooksThatFailAreMetrics) {
  run(kMinute);
  const std::string text = metrics_.text(env_.now_ms());
  for (const char* line :
       {"nexus_mirror_hook_runs_total{result=\"ok\"} 1\n",
        "nexus_mirror_hook_runs_total{result=\"failed\"} 2\n", "nexus_mirror_hook_failing 2\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

// Of the real program.
class PlanOfADaemonTest : public testing::PromiseTest {};

TEST_F(PlanOfADaemonTest, IsWhatStatusShowsAndEndsWithIt) {
  const auto mirror = this->mirror(testing::kBloodCells);
  testing::MirrorSettings wanted = settings(testing::kBloodCells);
  wanted.sync =
      "interval = \"1h\"\njitter = \"0s\"\n[daemon]\nlisten = \"127.0.0.1:0\"\n"
      "[hooks]\non_change = [\"/bin/false\"]\n";
  mirror->configure(wanted);
  testing::NotifySocket socket(mirror->folder() / "notify");
  const auto daemon = mirror->start({"daemon"}, {socket.variable()});
  socket.wait_for("STATUS=Sync 1 ok");
  // Told a moment before the message; at most a second less than an hour from then on.
  const std::string status = mirror->run({"status"}).out;
  EXPECT_NE(status.find("next run    "), std::string::npos) << status;
  EXPECT_NE(status.find("hook        failed for blood-cells "), std::string::npos) << status;
  Config config;
  config.mirror.database = mirror->database();
  const Plan plan = read_plan(config);
  EXPECT_EQ(plan.daemon, env::Held::yes);
  ASSERT_TRUE(plan.next_sync);
  const std::int64_t due = mirror->number("SELECT started_at FROM syncs") + 60 * kMinute;
  EXPECT_GE(*plan.next_sync, due - kMinute);
  EXPECT_LE(*plan.next_sync, due + kMinute);
  daemon->kill_now();
  EXPECT_NE(mirror->run({"status"}).out.find("no daemon runs"), std::string::npos);

  // What failed before it began is among its metrics.
  const auto next = mirror->start({"daemon"}, {socket.variable()});
  socket.wait_for("STATUS=Sync 2 ok");
  const std::string log = next->err_so_far();
  const std::size_t at = log.find("listening on http://") + 13;
  const std::string url = log.substr(at, log.find_first_of(" \n", at) - at);
  const std::string metrics = testing::fetch("GET", url + "/metrics").body;
  EXPECT_NE(metrics.find("nexus_mirror_hook_failing 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("nexus_mirror_hook_runs_total{result=\"failed\"} 0\n"), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::daemon
