// How the server's jobs are waited for, with a clock that only sleeping moves.
#include "sync/server_requests.h"

#include <gtest/gtest.h>

#include "support/server_requests_test.h"

namespace nexus_mirror::sync {
namespace {

using nexus_mirror::testing::StandingNexus;

// Requests a stop after so many sleeps.
class CountedSleeps : public Env {
 public:
  CountedSleeps(std::size_t most, std::stop_source& stop) : most_(most), stop_(stop) {}
  std::int64_t now_ms() override { return 1700000000000; }
  std::int64_t monotonic_ms() override { return 0; }
  bool sleep(std::chrono::milliseconds duration, const std::stop_token&) override {
    sleeps.push_back(duration.count());
    if (sleeps.size() >= most_) stop_.request_stop();
    return sleeps.size() < most_;
  }
  double random() override { return chance; }

  double chance = 1;
  std::vector<std::int64_t> sleeps;

 private:
  std::size_t most_;
  std::stop_source& stop_;
};

class States : public JobObserver {
 public:
  void job(const JobState& state) override { seen.push_back(state); }
  std::vector<JobState> seen;
};

class ServerRequestsWaitTest : public ::testing::Test {
 protected:
  ServerRequestsWaitTest() {
    std::string name = (std::filesystem::temp_directory_path() / "requests_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    config_.mirror.database = name + "/mirror.db";
    WorkspaceConfig workspace;
    workspace.name = "w";
    workspace.endpoint = nexus_.server().url();
    workspace.secret_key = nexus_mirror::testing::kKey;
    config_.workspaces.push_back(workspace);
  }
  ~ServerRequestsWaitTest() override {
    std::filesystem::remove_all(config_.mirror.database.parent_path());
  }

  std::vector<std::int64_t> waits(double chance) {
    std::stop_source stop;
    CountedSleeps env(12, stop);
    env.chance = chance;
    ServerRequests server(config_, {"cars"}, env, states_, stop.get_token());
    const RequestedProject& project = server.projects().at(0);
    const std::string id = server.start_annotation_export(project, "coco", {});
    EXPECT_TRUE(env.sleeps.empty());
    try {
      server.follow_annotation_export(project, id);
      ADD_FAILURE() << "it ended";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    return env.sleeps;
  }

  StandingNexus nexus_{"Queued"};
  Config config_;
  States states_;
};

TEST_F(ServerRequestsWaitTest, LooksAtOnceAndThenEverLessOften) {
  EXPECT_EQ(waits(1), (std::vector<std::int64_t>{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600,
                                                 30000, 30000, 30000}));
  ASSERT_EQ(states_.seen.size(), 13U);  // the start, and a look before each wait
  EXPECT_EQ(states_.seen.back().status, "Queued");
  EXPECT_EQ(states_.seen.back().queued, 3);
  EXPECT_EQ(states_.seen.back().project_name, "cars");
}

TEST_F(ServerRequestsWaitTest, JitterTakesUpToHalf) {
  EXPECT_EQ(waits(0), (std::vector<std::int64_t>{50, 100, 200, 400, 800, 1600, 3200, 6400, 12800,
                                                 15000, 15000, 15000}));
}

TEST_F(ServerRequestsWaitTest, ARunThatFindsTheMirrorBusyGoesOn) {
  std::stop_source stop;
  CountedSleeps env(3, stop);
  ServerRequests server(config_, {"cars"}, env, states_, stop.get_token());
  const RequestedProject& project = server.projects().at(0);
  const std::string id = server.start_annotation_export(project, "coco", {});
  const FileLock lock(config_.mirror.database.string() + ".lock");
  EXPECT_THROW(server.follow_annotation_export(project, id), Error);
  EXPECT_EQ(env.sleeps.size(), 3U);
  try {
    server.start_annotation_export(project, "coco", {});
    ADD_FAILURE() << "it was started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::busy);
  }
}

}  // namespace
}  // namespace nexus_mirror::sync
