// CONTRACT.md 3, "The clock", of the daemon: between any two looks at it the wall clock leaps, or
// stands still, for some minutes. Syncs and full passes come as they should, and monitoring sees
// through it as soon as the clock is right again.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "daemon/daemon.h"
#include "log/log.h"
#include "store/store.h"
#include "support/fake_env.h"
#include "support/leaping_env.h"
#include "support/long_run.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::daemon {
namespace {

using testing::FakeEnv;
using testing::LeapingEnv;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kInterval = 10 * kMinute, kFull = 60 * kMinute, kStale = 30 * kMinute;
constexpr std::int64_t kPiece = kMinute / 2;  // in which the loop waits
// The server is away from one to the other.
constexpr std::int64_t kAway = 80 * kMinute, kBack = 140 * kMinute, kEnd = 200 * kMinute;

class SilentNotifier final : public Notifier {
  void send(const std::string& /*state*/) override {}
};

// Syncs that write their row in a mirror, and nothing else.
class RowsOfSyncs final : public Work {
 public:
  RowsOfSyncs(FakeEnv& world, Env& env) : world_(world), env_(env) {}

  sync::SyncResult update(const Config& config, const update::UpdateRequest& request,
                          sync::Observer& /*observer*/, const std::stop_token& /*stop*/) override {
    syncs.push_back(world_.clock);
    if (request.sync.full) full.push_back(world_.clock);
    sync::SyncResult result;
    const bool away = world_.clock >= kAway && world_.clock < kBack;
    result.result = away ? sync::Outcome::failed : sync::Outcome::ok;
    result.workspaces = {{"a", result.result, away ? "no answer" : "", away, away}};
    store::Store store(config.mirror, store::Access::write);
    result.started_at = env_.now_ms();
    result.sync_id = store.begin_sync(result.started_at, request.sync.full ? "full" : "quick");
    store::SyncRecord record;
    record.result = result.result;
    record.finished_at = result.finished_at = env_.now_ms();
    store.finish_sync(record, 0);
    return result;
  }
  sync::SyncResult refresh_links(const Config&, const std::vector<std::string>&, sync::Observer&,
                                 const std::stop_token&) override {
    return {};
  }
  MirrorFacts facts(const Config& config, std::int64_t now, std::int64_t before) override {
    return read_facts(config, now, before);
  }
  std::vector<store::TableChanges> rows_of_sync(const Config&, std::int64_t) override { return {}; }

  std::vector<std::int64_t> syncs, full;  // when, in ms since the start

 private:
  FakeEnv& world_;
  Env& env_;
};

class DaemonClockTest : public ::testing::Test {
 protected:
  void SetUp() override { log::configure(log::Level::off, log::Style::text); }
  void TearDown() override { log::configure(log::Level::info, log::Style::text); }

  static std::int64_t longest_gap(const std::vector<std::int64_t>& times) {
    std::int64_t longest = 0, last = 0;
    for (const std::int64_t time : times) {
      longest = std::max(longest, time - last);
      last = time;
    }
    return std::max(longest, kEnd - last);
  }

  // Returns how often the clock was looked at, and in `syncs` how many syncs there were.
  std::uint64_t live(testing::Leap leap, std::uint64_t first, std::uint64_t many,
                     std::size_t& syncs) {
    const testing::TemporaryFolder folder;
    FakeEnv world;
    world.chance = 1;
    LeapingEnv env(world, leap, first, many);
    Config config;
    config.mirror.database = folder.path() / "mirror.db";
    config.workspaces.resize(1);
    config.workspaces[0].name = "a";
    config.sync.mode = SyncMode::quick;
    config.sync.interval = Milliseconds(kInterval);
    config.sync.jitter = Milliseconds(0);
    config.sync.full_interval = Milliseconds(kFull);
    config.sync.stale_after = Milliseconds(kStale);
    prepare_mirror(config, [] { return true; });
    RowsOfSyncs work(world, env);
    SilentNotifier notifier;
    Progress progress(env);
    Metrics metrics;
    Daemon daemon(config, {env, work, notifier, progress, metrics});
    std::stop_source stop;
    world.on_sleep = [&] {
      const std::int64_t now = world.clock;
      const bool right = first == 0 || env.calls() < first || env.calls() - first > many + 20;
      if (now >= kEnd) {
        stop.request_stop();
      } else if (right && now > kAway + kStale + kInterval && now < kBack) {
        EXPECT_FALSE(metrics.ready(world.now_ms())) << now / kMinute;
      }
    };
    daemon.run(stop.get_token());
    EXPECT_LE(longest_gap(work.syncs), kInterval + kPiece);
    EXPECT_LE(longest_gap(work.full), kFull + kInterval + kPiece);
    EXPECT_TRUE(metrics.ready(world.now_ms()));
    syncs = work.syncs.size();
    return env.calls();
  }
};

TEST_F(DaemonClockTest, SyncsComeAndStalenessIsSeenWhereverItLeaps) {
  std::size_t usual = 0, syncs = 0, most = 0;
  const std::uint64_t calls = live(testing::Leap::hour_on, 0, 0, usual);
  ASSERT_GT(calls, 500U);
  const std::uint64_t places = testing::long_or_short<std::uint64_t>(600, 14);
  std::uint64_t runs = 0;
  for (std::uint64_t i = 0; i < places && !HasFailure(); ++i) {
    const testing::Leap leap = testing::kLeaps[i % testing::kLeaps.size()];
    const std::uint64_t first = 1 + i * calls / places;
    SCOPED_TRACE(std::string(name_of(leap)) + " at call " + std::to_string(first));
    live(leap, first, 40, syncs);
    most = std::max(most, syncs);
    EXPECT_LE(syncs, usual + 3) << "one that it leaps to, and what failures make of it";
    ++runs;
  }
  std::cout << "[  CLOCKS  ] daemon: " << calls << " calls, " << runs << " runs of " << usual
            << " syncs, with a leap at most " << most << "\n";
}

}  // namespace
}  // namespace nexus_mirror::daemon
