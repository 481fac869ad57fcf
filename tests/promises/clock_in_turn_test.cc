// CONTRACT.md 3, "The clock": between any two looks at it the clock of this machine leaps, or
// stands still. Each sync ends as it should, nothing is purged, and as soon as the clock is right
// again the mirror is a clean one's, its age is told, and full passes come.
#include <iostream>
#include <limits>
#include <sstream>

#include "log/log.h"
#include "store/database.h"
#include "store/mirror_state.h"
#include "support/fake_env.h"
#include "support/faults_in_turn.h"
#include "support/feed_replay.h"
#include "support/leaping_env.h"
#include "support/long_run.h"
#include "text/to_come.h"
#include "update/run_update.h"

namespace nexus_mirror::testing {
namespace {

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

class ClockInTurnTest : public FaultsInTurnTest {
 protected:
  static void SetUpTestSuite() {
    FaultsInTurnTest::SetUpTestSuite();
    log::configure(log::Level::off, log::Style::text);
  }
  static void TearDownTestSuite() {
    log::configure(log::Level::info, log::Style::text);
    FaultsInTurnTest::TearDownTestSuite();
  }

  static int run(const Config& config, Env& env) {
    sync::Observer nobody;
    return static_cast<int>(update::run_update(config, {}, env, nobody, {}).exit);
  }
  std::int64_t number(const char* sql) const {
    return store::Database(place() / "mirror.db", store::Use::query).number(sql);
  }
  store::LastSuccess success_at(std::int64_t now) const {
    store::Database mirror(place() / "mirror.db", store::Use::query);
    return store::last_success(mirror, now);
  }

  // A sync that fails by a clock that is right: the success before it must not look younger.
  void expect_age_is_told(Config config) {
    config.workspaces.front().endpoint = "http://127.0.0.1:9";
    EXPECT_EQ(run(config, world_), 4);
    const std::int64_t now = world_.now_ms();
    const auto ended = success_at(now + 2 * kHourMs).ended;
    EXPECT_FALSE(ended && *ended > now + text::kClockStepMs);
  }

  // One sync of `work` whose clock leaps.
  void leap_once(const Work& work, const Config& config, Leap leap, std::uint64_t first,
                 std::uint64_t many, Figures& figures) {
    std::ostringstream what;
    what << work.name << ": " << name_of(leap) << " at call " << first
         << (many == 1 ? " alone" : " and from then on");
    SCOPED_TRACE(what.str());
    ++figures.kinds[name_of(leap)];
    begin(work);
    FeedReplay feed(place() / "mirror.db");
    if (work.begins_with_mirror) feed.keep();
    LeapingEnv env(world_, leap, first, many);
    const int exit = run(config, env);
    EXPECT_EQ(exit, 0);
    feed.keep();
    if (work.begins_with_mirror) {
      EXPECT_EQ(number("SELECT min(seq) FROM changes"), 1) << "something was purged";
      EXPECT_EQ(number("SELECT min(id) FROM syncs"), 1);
    }
    expect_age_is_told(config);
    expect_healed(work, exit, what.str(), figures);
    feed.keep();
    EXPECT_EQ(feed.differences(), "");
    const std::int64_t now = world_.now_ms();
    const store::LastSuccess success = success_at(now);
    EXPECT_TRUE(success.ended && *success.ended <= now && *success.ended > now - kHourMs);
    EXPECT_EQ(success.doubtful, std::nullopt);
    expect_a_full_pass(config);
    EXPECT_EQ(number("SELECT min(seq) FROM changes"), 1) << "something was purged";
  }

  // Within a day, and an hour that a clock may have been wrong by.
  void expect_a_full_pass(const Config& config) {
    if (config.sync.mode == SyncMode::full) return;
    EXPECT_EQ(run(config, world_), 0);
    world_.clock += 25 * kHourMs;
    EXPECT_EQ(run(config, world_), 0);
    world_.clock = 0;
    EXPECT_GT(number("SELECT count(*) FROM syncs WHERE mode = 'full' AND id > "
                     "(SELECT max(id) FROM syncs) - 2"),
              0);
  }

  FakeEnv world_;  // that of FaultsInTurnTest::update()

  void each_call(const Work& work, const Config& config) {
    prepare();
    begin(work);
    LeapingEnv counting(world_, Leap::hour_on, 0, 0);
    ASSERT_EQ(run(config, counting), 0);
    Figures figures;
    figures.calls = counting.calls();
    ASSERT_GT(figures.calls, 3U);
    std::uint64_t turn = 0;  // of a short run each call sees one leap
    for (std::uint64_t call = 1; call <= figures.calls && !HasFailure(); ++call) {
      for (const Leap leap : kLeaps) {
        const bool in_turn = turn++ % (kLeaps.size() + 1) == 0;
        for (const std::uint64_t many : {std::uint64_t{1}, kForever}) {
          const bool once_in_turn = (many == 1) == (call % 2 == 0);
          if (!long_run() && (!in_turn || !once_in_turn)) continue;
          leap_once(work, config, leap, call, many, figures);
        }
      }
    }
    std::cout << "[  CLOCKS  ] " << work.name << ": " << figures.calls << " calls";
    for (const auto& [kind, count] : figures.kinds) std::cout << ", " << kind << " " << count;
    std::cout << "; " << figures.runs << " runs, differing rows " << figures.differing << "\n";
  }
};

TEST_F(ClockInTurnTest, InAFirstLoad) { each_call(first_load(), config(false)); }

TEST_F(ClockInTurnTest, InASecondSync) { each_call(second_sync(), config(true)); }

TEST_F(ClockInTurnTest, InAQuickSync) {
  Work work = second_sync();
  work.name = "quick sync";
  Config quick = config(false);  // nothing has changed that it could not see
  work.meets_changes = false;
  quick.sync.mode = SyncMode::quick;
  each_call(work, quick);
}

}  // namespace
}  // namespace nexus_mirror::testing
