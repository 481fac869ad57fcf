// The daemon's loop with a clock that only sleeping moves and a mirror that only counts.
#include "daemon/daemon.h"
#include "support/fake_env.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>

namespace nexus_mirror::daemon {
namespace {

constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
constexpr std::int64_t kStart = 1'769'860'800'000;
using nexus_mirror::testing::FakeEnv;
using Names = std::vector<std::string>;

WorkspaceConfig named(const std::string& name) {
  WorkspaceConfig workspace;
  workspace.name = name;
  return workspace;
}

struct Call {
  std::int64_t at = 0;  // ms since the start, by the monotonic clock
  Names workspaces;
  bool full = false;
  std::string left_out;
};

class FakeWork final : public Work {
 public:
  explicit FakeWork(FakeEnv& env) : env_(env) {}

  sync::SyncResult update(const Config&, const update::UpdateRequest& request,
                          sync::Observer& observer, const std::stop_token&) override {
    calls.push_back({env_.clock, request.workspaces, request.sync.full, request.sync.left_out});
    files_limit = request.files_limit;
    if (on_update) on_update(observer);
    if (!errors.empty()) {
      const Error error = errors.front();
      errors.pop_front();
      throw error;
    }
    sync::SyncResult result;
    result.sync_id = static_cast<std::int64_t>(calls.size());
    result.result = request.sync.left_out.empty() ? sync::Outcome::ok : sync::Outcome::partial;
    result.started_at = result.finished_at = env_.now_ms();
    for (const std::string& name : request.workspaces) {
      const bool bad = failing == name;
      result.workspaces.push_back(
          {name, bad ? failure : sync::Outcome::ok, bad ? "no answer" : "", bad, bad});
      if (bad) result.result = sync::Outcome::failed;
    }
    if (result.result == sync::Outcome::ok) known.last_success = result.finished_at;
    return result;
  }
  sync::SyncResult refresh_links(const Config&, const Names& projects, sync::Observer&,
                                 const std::stop_token&) override {
    renewals.push_back(env_.clock);
    renewed = projects;
    known.earliest_link = env_.now_ms() + 24 * kHour;
    return {};
  }
  files::Verification verify_files(const Config&, const files::VerifyRequest& request,
                                   const std::stop_token&) override {
    verified.push_back(env_.clock);
    if (on_verify) return on_verify(request);
    if (verified.size() == 1) throw Error(ErrorCode::machine, "reading", "a file", "no reason");
    files::Verification found;
    found.files = 3;
    found.damaged = {"damaged"};
    return found;
  }
  MirrorFacts facts(const Config&, std::int64_t, std::int64_t) override {
    if (on_facts) on_facts();
    return known;
  }
  std::vector<store::TableChanges> rows_of_sync(const Config&, std::int64_t) override { return {}; }

  std::vector<Call> calls;
  std::deque<Error> errors;                       // of the next updates
  std::string failing;                            // a workspace that cannot be read
  sync::Outcome failure = sync::Outcome::failed;  // what it comes to
  std::function<void(sync::Observer&)> on_update;
  std::function<void()> on_facts;
  std::chrono::milliseconds files_limit{0};  // of the last update
  MirrorFacts known;
  std::vector<std::int64_t> renewals, verified;
  std::function<files::Verification(const files::VerifyRequest&)> on_verify;
  Names renewed;

 private:
  FakeEnv& env_;
};

class FakeNotifier final : public Notifier {
 public:
  void send(const std::string& state) override {
    if (throws > 0) --throws, throw std::bad_alloc();
    sent.push_back(state);
  }
  Names sent;
  int throws = 0;  // how many calls do
};

class DaemonLoopTest : public ::testing::Test {
 protected:
  DaemonLoopTest() {
    env_.start = kStart;
    env_.chance = 1;
    config_.workspaces = {named("a")};
    config_.sync.jitter = Milliseconds(0);
  }

  // Until `end` of the monotonic clock; `on_sleep` is called before each sleep.
  void run(std::int64_t end, const std::function<void(Daemon&)>& on_sleep = {}) {
    Daemon daemon(config_, {env_, work_, notifier_, progress_, metrics_});
    std::stop_source stop;
    env_.on_sleep = [&] {
      if (on_sleep) on_sleep(daemon);
      if (env_.clock >= end) stop.request_stop();
    };
    daemon.run(stop.get_token());
  }
  std::vector<std::int64_t> times() const {
    std::vector<std::int64_t> all;
    for (const Call& call : work_.calls) all.push_back(call.at);
    return all;
  }

  FakeEnv env_;
  FakeWork work_{env_};
  FakeNotifier notifier_;
  Progress progress_{env_};
  Metrics metrics_;
  Config config_;
};

TEST_F(DaemonLoopTest, SyncsAtOnceAndThenEveryInterval) {
  run(59 * kMinute);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 15 * kMinute, 30 * kMinute, 45 * kMinute}));
}

TEST_F(DaemonLoopTest, SleepsInPiecesSoThatASuspendIsNoticed) {
  bool slept = false;
  run(10 * kMinute, [&](Daemon&) {
    if (env_.clock >= kMinute && !slept) env_.start += 8 * kHour, slept = true;
  });
  ASSERT_EQ(times().size(), 2U);
  EXPECT_LE(times()[1], 2 * kMinute);
  for (const std::int64_t sleep : env_.sleeps()) EXPECT_LE(sleep, 30 * kSecond);
}

TEST_F(DaemonLoopTest, AFailureIsTriedAgainSoonerAndSoLessAndLess) {
  work_.failing = "a";
  run(2 * kMinute);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 10 * kSecond, 30 * kSecond, 70 * kSecond}));
}

TEST_F(DaemonLoopTest, AFailureBesideARefusalIsTriedAgainSooner) {
  work_.failing = "a";
  work_.failure = sync::Outcome::refused;  // of one project, while another could not be read
  run(30 * kSecond);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 10 * kSecond, 30 * kSecond}));
}

TEST_F(DaemonLoopTest, AWorkspaceThatFailsIsTriedByItselfAndNamedToTheOthers) {
  config_.workspaces = {named("bad"), named("good")};
  work_.failing = "bad";
  run(16 * kMinute);
  EXPECT_EQ(work_.calls.at(0).workspaces, (Names{"bad", "good"}));
  int good = 0;
  for (std::size_t i = 1; i < work_.calls.size(); ++i) {
    const Call& call = work_.calls[i];
    ASSERT_EQ(call.workspaces.size(), 1U);
    if (call.workspaces[0] != "good") continue;
    ++good;
    EXPECT_EQ(call.at, 15 * kMinute);
    EXPECT_NE(call.left_out.find("workspace bad"), std::string::npos);
  }
  EXPECT_EQ(good, 1);
}

TEST_F(DaemonLoopTest, ABusyMirrorIsTriedAgainShortly) {
  work_.errors.push_back(Error(ErrorCode::busy, "locking", "mirror.db.lock", "in use"));
  run(kMinute);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 2 * kSecond}));
  EXPECT_NE(metrics_.text(env_.now_ms()).find("syncs_total{result=\"failed\"} 0"),
            std::string::npos);
}

TEST_F(DaemonLoopTest, AnErrorBeforeASyncDoesNotEndTheDaemon) {
  work_.errors.push_back(Error(ErrorCode::machine, "opening", "mirror.db", "the disk is full"));
  run(kMinute);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 10 * kSecond}));
}

TEST_F(DaemonLoopTest, ARequestInAWaitIsMetAtOnce) {
  bool asked = false;
  run(5 * kMinute, [&](Daemon& daemon) {
    if (env_.clock >= kMinute && !asked) daemon.sync_now(), asked = true;
  });
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, kMinute}));
}

TEST_F(DaemonLoopTest, ARequestDuringASyncIsMetAfterIt) {
  Daemon* asked = nullptr;
  Daemon daemon(config_, {env_, work_, notifier_, progress_, metrics_});
  work_.on_update = [&](sync::Observer&) {
    if (asked == nullptr) daemon.sync_now();
    asked = &daemon;
  };
  std::stop_source stop;
  env_.on_sleep = [&] { stop.request_stop(); };
  daemon.run(stop.get_token());
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 0}));
}

TEST_F(DaemonLoopTest, AReloadCountsAtOnce) {
  bool reloaded = false;
  run(5 * kMinute, [&](Daemon& daemon) {
    if (env_.clock < kMinute || reloaded) return;
    reloaded = true;
    Config next = config_;
    next.sync.interval = Milliseconds(2 * kMinute);
    next.workspaces.push_back(named("b"));
    daemon.reload(next);
  });
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, kMinute, 3 * kMinute, 5 * kMinute}));
  EXPECT_EQ(work_.calls[1].workspaces, (Names{"a", "b"}));
}

TEST_F(DaemonLoopTest, QuickModeGoesOnFromTheMirrorsLastFullSync) {
  config_.sync.mode = SyncMode::quick;
  work_.known.last_full = kStart - 24 * kHour + 20 * kMinute;
  run(40 * kMinute);
  ASSERT_EQ(work_.calls.size(), 3U);
  EXPECT_FALSE(work_.calls[0].full);
  EXPECT_FALSE(work_.calls[1].full);
  EXPECT_TRUE(work_.calls[2].full);
}

TEST_F(DaemonLoopTest, LinksAreRenewedWithoutASyncBeforeTheyDie) {
  config_.sync.interval = Milliseconds(48 * kHour);
  work_.known.earliest_link = kStart + 5 * kHour;
  work_.known.dying_projects = {"proj_1"};
  run(6 * kHour);
  EXPECT_EQ(work_.renewals, std::vector<std::int64_t>{3 * kHour});
  EXPECT_EQ(work_.renewed, Names{"proj_1"});
  EXPECT_EQ(work_.calls.size(), 1U);
}

TEST_F(DaemonLoopTest, WhateverIsThrownTheLoopGoesOn) {
  work_.on_facts = [] { throw 7; };
  work_.on_update = [&](sync::Observer&) {
    if (work_.calls.size() == 1) throw 7;
    if (work_.calls.size() == 2) throw std::bad_alloc();
  };
  run(10 * kMinute);
  EXPECT_EQ(times(), (std::vector<std::int64_t>{0, 10 * kSecond, 30 * kSecond}));
}

TEST_F(DaemonLoopTest, WhateverSystemdsSocketThrowsTheLoopGoesOn) {
  notifier_.throws = 3;
  run(kMinute);
  EXPECT_EQ(notifier_.throws, 0);
  EXPECT_FALSE(times().empty());
}

TEST_F(DaemonLoopTest, ReadinessFollowsTheLastSuccess) {
  EXPECT_FALSE(metrics_.ready(env_.now_ms()));
  run(kMinute);
  EXPECT_TRUE(metrics_.ready(env_.now_ms()));
  EXPECT_FALSE(metrics_.ready(env_.now_ms() + kHour));
}

TEST_F(DaemonLoopTest, TheStatusNamesTheNextSync) {
  run(kSecond);
  EXPECT_EQ(notifier_.sent.back(),
            "STATUS=Sync 1 ok, 0 projects, +0 ~0 -0 rows; next sync at 12:15:00 UTC");
}

TEST_F(DaemonLoopTest, OnlyWorkThatMovesCountsAsProgress) {
  work_.on_update = [&](sync::Observer& observer) {
    env_.clock += kMinute;
    EXPECT_EQ(progress_.silent_ms(), kMinute);  // a hang
    observer.exchanged({});
    EXPECT_EQ(progress_.silent_ms(), 0);
    observer.waiting("a", std::chrono::minutes(10));  // Retry-After
    env_.clock += 10 * kMinute;
    EXPECT_EQ(progress_.silent_ms(), 0);
    env_.clock += kMinute;
    EXPECT_EQ(progress_.silent_ms(), kMinute);
    observer.waiting("a", std::chrono::hours(1000));  // what no server may ask for
    env_.clock += 25 * kHour;
    EXPECT_EQ(progress_.silent_ms(), kHour);
    work_.on_update = {};
  };
  run(kMinute);
}

// CONTRACT.md 8: a part of the files is read each day, whatever becomes of it.
TEST_F(DaemonLoopTest, FilesThatAreKeptAreVerifiedOnceADay) {
  run(2 * 24 * kHour);
  EXPECT_TRUE(work_.verified.empty()) << "none is kept";
  env_.clock = 0;
  config_.files.images = {"*"};
  run(2 * 24 * kHour + kHour);
  ASSERT_EQ(work_.verified.size(), 3U);
  EXPECT_EQ(work_.verified[1] - work_.verified[0], 24 * kHour);
  EXPECT_EQ(work_.files_limit, config_.sync.interval) << "files hold nothing else up for longer";
  work_.verified.clear();
  env_.clock = 0;
  config_.files.verify = 0;
  run(2 * 24 * kHour);
  EXPECT_TRUE(work_.verified.empty());
}

// CONTRACT.md 8: what is read in a day may take longer than a sync can wait.
TEST_F(DaemonLoopTest, FilesAreVerifiedInSlicesBetweenSyncs) {
  config_.files.images = {"*"};
  int read = 0;
  std::vector<std::string> from;
  std::vector<bool> was_due;
  work_.on_verify = [&](const files::VerifyRequest& request) {
    EXPECT_TRUE(request.once_a_day);
    from.push_back(request.after);
    files::Verification found;
    const std::int64_t began = env_.clock;
    while (read < 1000 && request.go_on()) {
      env_.clock += 5000;  // to read one
      ++read;
      ++found.files;
    }
    EXPECT_LE(env_.clock - began, 15000) << "one more than its time";
    if (read < 1000) found.after = std::to_string(read);
    return found;
  };
  run(5 * kHour);
  EXPECT_EQ(read, 1000);
  EXPECT_GT(from.size(), 100U);
  EXPECT_EQ(from.at(1), "2") << "each goes on where the last one was";
  EXPECT_GT(work_.calls.size(), 4U);
  for (std::size_t i = 1; i < work_.calls.size(); ++i) {
    EXPECT_LE(work_.calls[i].at - work_.calls[i - 1].at,
              config_.sync.interval.count() + config_.sync.jitter.count() + 10000)
        << "no sync came later";
  }
}

}  // namespace
}  // namespace nexus_mirror::daemon
