// When the daemon does what, without a clock.
#include "daemon/schedule.h"

#include <gtest/gtest.h>

namespace nexus_mirror::daemon {
namespace {

using objects::Outcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr std::int64_t kStart = 1'769'860'800'000;

// A moment at which both clocks have gone on by `ms`.
Clocks at(std::int64_t ms) { return {kStart + ms, 5000 + ms}; }

SyncConfig settings() {
  SyncConfig settings;
  settings.interval = minutes(15);
  settings.jitter = seconds(30);
  return settings;
}

Turn well(const std::string& name, std::int64_t began = 0, double random = 0) {
  return after_sync(Turn{name, {}, 0, {}}, Outcome::ok, true, at(began), at(began + kSecond),
                    settings(), random);
}

using Names = std::vector<std::string>;

TEST(ScheduleTest, AWorkspaceThatWasNeverSyncedIsDue) {
  const std::vector<Turn> turns = {{"a", {}, 0, {}}};
  EXPECT_EQ(due_sync(turns, at(0), settings()).workspaces, Names{"a"});
  EXPECT_EQ(next_sync_in(turns, at(0)), 0);
}

TEST(ScheduleTest, AfterASuccessTheIntervalAndTheJitterPassFromItsBegin) {
  EXPECT_EQ(next_sync_in({well("a", 0, 0)}, at(kMinute)), 14 * kMinute);
  EXPECT_EQ(next_sync_in({well("a", 0, 0.5)}, at(kMinute)), 14 * kMinute + 15 * kSecond);
  EXPECT_TRUE(due_sync({well("a")}, at(15 * kMinute - 1), settings()).workspaces.empty());
  EXPECT_EQ(due_sync({well("a")}, at(15 * kMinute), settings()).workspaces, Names{"a"});
}

TEST(ScheduleTest, JitterDoesNotOutgrowTheInterval) {
  SyncConfig quick = settings();
  quick.interval = seconds(1);
  EXPECT_EQ(regular_wait(quick, 1), 2 * kSecond);
}

TEST(ScheduleTest, ASyncThatTookLongerThanTheIntervalIsFollowedAtOnceByOne) {
  const Turn turn =
      after_sync({"a", {}, 0, {}}, Outcome::ok, true, at(0), at(kHour), settings(), 0);
  EXPECT_EQ(next_sync_in({turn}, at(kHour)), 0);
}

TEST(ScheduleTest, FailuresWaitLongerAndLongerUpToTheInterval) {
  std::int64_t before = 0;
  for (int failures = 1; failures <= 7; ++failures) {
    const std::int64_t least = failure_wait(settings(), failures, 0);
    const std::int64_t most = failure_wait(settings(), failures, 1);
    EXPECT_GE(least, before) << failures;
    EXPECT_EQ(least, most / 2);
    before = most;
  }
  EXPECT_EQ(failure_wait(settings(), 1, 1), 10 * kSecond);
  EXPECT_EQ(failure_wait(settings(), 2, 1), 20 * kSecond);
  EXPECT_EQ(failure_wait(settings(), 8, 1), 15 * kMinute);
  EXPECT_EQ(failure_wait(settings(), 1'000'000'000, 1), 15 * kMinute);
}

TEST(ScheduleTest, NoFailureWaitsLongerThanAShortInterval) {
  SyncConfig quick = settings();
  quick.interval = seconds(1);
  EXPECT_EQ(failure_wait(quick, 1, 1), kSecond);
  EXPECT_EQ(failure_wait(quick, 9, 1), kSecond);
}

TEST(ScheduleTest, AFailureCountsFromItsEndAndASuccessForgetsIt) {
  Turn turn = well("a");
  turn = after_sync(turn, Outcome::failed, true, at(kHour), at(2 * kHour), settings(), 1);
  EXPECT_EQ(turn.failures, 1);
  EXPECT_EQ(next_sync_in({turn}, at(2 * kHour)), 10 * kSecond);
  turn = after_sync(turn, Outcome::failed, true, at(2 * kHour), at(2 * kHour), settings(), 1);
  EXPECT_EQ(turn.failures, 2);
  EXPECT_EQ(next_sync_in({turn}, at(2 * kHour)), 20 * kSecond);
  turn = after_sync(turn, Outcome::ok, true, at(3 * kHour), at(3 * kHour), settings(), 0);
  EXPECT_EQ(turn.failures, 0);
  EXPECT_EQ(next_sync_in({turn}, at(3 * kHour)), 15 * kMinute);
}

TEST(ScheduleTest, AMirrorInUseIsTriedAgainShortlyAndIsNoFailure) {
  const Turn turn = after_busy(well("a"), at(kHour), settings());
  EXPECT_EQ(turn.failures, 0);
  EXPECT_GT(next_sync_in({turn}, at(kHour)), 0);
  EXPECT_LE(next_sync_in({turn}, at(kHour)), 5 * kSecond);
}

TEST(ScheduleTest, OneThatFailedDoesNotDelayTheOthersNorComeAlong) {
  Turn bad = after_sync(well("bad"), Outcome::failed, true, at(0), at(0), settings(), 1);
  const std::vector<Turn> turns = {bad, well("good"), well("fine")};
  EXPECT_TRUE(due_sync(turns, at(9 * kSecond), settings()).workspaces.empty());
  EXPECT_EQ(due_sync(turns, at(10 * kSecond), settings()).workspaces, Names{"bad"});
  const Turn again =
      after_sync(bad, Outcome::failed, true, at(10 * kSecond), at(15 * kMinute), settings(), 1);
  EXPECT_EQ(due_sync({again, well("good"), well("fine")}, at(16 * kMinute), settings()).workspaces,
            (Names{"good", "fine"}));
}

TEST(ScheduleTest, OneThatFailedComesRoundThoughTheOthersAreAlwaysDue) {
  const Turn bad = after_sync(well("bad"), Outcome::failed, true, at(0), at(0), settings(), 1);
  const Turn good = well("good", 0);
  // Its sync takes longer than the interval, so it is due again when it ends.
  EXPECT_EQ(due_sync({good, bad}, at(kHour), settings()).workspaces, Names{"bad"});
}

TEST(ScheduleTest, AtTheSameTimeThoseThatAreWellGoFirst) {
  EXPECT_EQ(due_sync({{"bad", {}, 2, {}}, {"good", {}, 0, {}}}, at(0), settings()).workspaces,
            Names{"good"});
}

TEST(ScheduleTest, TwoThatFailedGoOneByOne) {
  const Turn a = after_sync(well("a"), Outcome::failed, true, at(0), at(0), settings(), 1);
  const Turn b = after_sync(well("b"), Outcome::failed, true, at(0), at(0), settings(), 1);
  EXPECT_EQ(due_sync({a, b}, at(kHour), settings()).workspaces, Names{"a"});
}

TEST(ScheduleTest, AClockSetForwardCausesOneSyncAndNoStorm) {
  const Clocks leapt = {kStart + 400 * 24 * kHour, 5000 + kMinute};
  Turn turn = well("a");
  EXPECT_EQ(due_sync({turn}, leapt, settings()).workspaces, Names{"a"});
  turn = after_sync(turn, Outcome::ok, true, leapt, leapt, settings(), 0);
  EXPECT_EQ(next_sync_in({turn}, leapt), 15 * kMinute);
}

TEST(ScheduleTest, AClockSetBackDelaysNothing) {
  const Clocks before = {kStart - 400 * 24 * kHour, 5000 + 10 * kMinute};
  EXPECT_EQ(next_sync_in({well("a")}, before), 5 * kMinute);
  const Clocks due = {kStart - 400 * 24 * kHour, 5000 + 15 * kMinute};
  EXPECT_EQ(due_sync({well("a")}, due, settings()).workspaces, Names{"a"});
}

TEST(ScheduleTest, AfterASuspendWhatWasMissedIsMadeUpForOnce) {
  const Clocks awake = {kStart + 8 * kHour, 5000 + kMinute};  // the monotonic clock stood still
  Turn turn = well("a");
  EXPECT_EQ(next_sync_in({turn}, awake), 0);
  turn = after_sync(turn, Outcome::ok, true, awake, awake, settings(), 0);
  EXPECT_EQ(next_sync_in({turn}, {awake.wall_ms + kMinute, awake.monotonic_ms + kMinute}),
            14 * kMinute);
}

TEST(ScheduleTest, QuickSyncsAreBetweenFullOnes) {
  SyncConfig quick = settings();
  quick.mode = SyncMode::quick;
  quick.full_interval = hours(24);
  EXPECT_TRUE(due_sync({{"a", {}, 0, {}}}, at(0), quick).full);
  EXPECT_FALSE(due_sync({well("a")}, at(kHour), quick).full);
  EXPECT_TRUE(due_sync({well("a")}, at(24 * kHour), quick).full);
  EXPECT_TRUE(due_sync({well("a")}, at(kHour), settings()).full);
}

TEST(ScheduleTest, AFullPassComesWhateverTheWallClockSays) {
  SyncConfig quick = settings();
  quick.mode = SyncMode::quick;
  quick.full_interval = hours(24);
  const auto full_at = [&](std::int64_t wall, std::int64_t monotonic) {
    return due_sync({well("a")}, {kStart + wall, at(monotonic).monotonic_ms}, quick).full;
  };
  EXPECT_FALSE(full_at(0, 23 * kHour));
  EXPECT_TRUE(full_at(0, 24 * kHour)) << "it stands still";
  EXPECT_TRUE(full_at(24 * kHour, kHour)) << "the machine slept";
  EXPECT_FALSE(full_at(-60'000, kHour)) << "set back a little";
  EXPECT_TRUE(full_at(-2 * kHour, kHour)) << "it was wrong then, or is now";
}

TEST(ScheduleTest, AQuickSyncLeavesTheTimeOfTheLastFullOne) {
  const Turn turn = after_sync(well("a"), Outcome::ok, false, at(kHour), at(kHour), settings(), 0);
  ASSERT_TRUE(turn.last_full);
  EXPECT_EQ(turn.last_full->wall_ms, kStart);
}

TEST(ScheduleTest, FullAndQuickOnesGoApart) {
  SyncConfig quick = settings();
  quick.mode = SyncMode::quick;
  const std::vector<Turn> turns = {well("a"), {"new", {}, 0, {}}, well("b")};
  const DueSync first = due_sync(turns, at(kHour), quick);
  EXPECT_EQ(first.workspaces, Names{"new"});  // it has waited for longest
  EXPECT_TRUE(first.full);
  const DueSync second = due_sync({well("a"), well("new", kHour), well("b")}, at(kHour), quick);
  EXPECT_EQ(second.workspaces, (Names{"a", "b"}));
  EXPECT_FALSE(second.full);
}

TEST(ScheduleTest, LinksAreRenewedWhenTheFirstComesWithinTheMargin) {
  const Links links = {kStart + 24 * kHour, at(0), 0};
  EXPECT_EQ(refresh_links_in(links, at(0), settings()), 22 * kHour);
  EXPECT_EQ(refresh_links_in(links, at(22 * kHour), settings()), 0);
  EXPECT_EQ(refresh_links_in({std::nullopt, at(0), 0}, at(kHour), settings()), std::nullopt);
}

TEST(ScheduleTest, LinksThatLiveShorterThanTheMarginAreRenewedHalfWay) {
  EXPECT_EQ(refresh_links_in({kStart + kHour, at(0), 0}, at(0), settings()), 30 * kMinute);
  EXPECT_EQ(refresh_links_in({kStart + kSecond, at(0), 0}, at(0), settings()), kMinute);
  EXPECT_EQ(refresh_links_in({kStart - kHour, at(0), 0}, at(0), settings()), kMinute);
}

TEST(ScheduleTest, LinksThatCouldNotBeRenewedAreTriedAgainLaterAndLater) {
  EXPECT_EQ(refresh_links_in({kStart + kHour, at(0), 1}, at(0), settings()), kMinute);
  EXPECT_EQ(refresh_links_in({kStart + kHour, at(0), 5}, at(0), settings()), 160 * kSecond);
  EXPECT_EQ(refresh_links_in({kStart + kHour, at(0), 50}, at(0), settings()), 15 * kMinute);
}

}  // namespace
}  // namespace nexus_mirror::daemon
