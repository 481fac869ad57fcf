// How the server's jobs are waited for, with a clock that only sleeping moves.
#include "sync/server_requests.h"

#include <gtest/gtest.h>

#include "support/fake_env.h"
#include "support/server_requests_test.h"
#include "support/temporary_folder.h"

namespace nexus_mirror::sync {
namespace {

using nexus_mirror::testing::FakeEnv;
using nexus_mirror::testing::StandingNexus;
using nexus_mirror::testing::TemporaryFolder;

// Requests a stop in the sleep that makes it so many.
void stop_after(std::size_t most, FakeEnv& env, std::stop_source& stop) {
  env.on_sleep = [most, &env, &stop] {
    if (env.sleeps().size() >= most) stop.request_stop();
  };
}

class States : public JobObserver {
 public:
  void job(const JobState& state) override { seen.push_back(state); }
  std::vector<JobState> seen;
};

class ServerRequestsWaitTest : public ::testing::Test {
 protected:
  ServerRequestsWaitTest() {
    config_.mirror.database = folder_ / "mirror.db";
    WorkspaceConfig workspace;
    workspace.name = "w";
    workspace.endpoint = nexus_.server().url();
    workspace.secret_key = nexus_mirror::testing::kKey;
    config_.workspaces.push_back(workspace);
  }

  std::vector<std::int64_t> waits(double chance) {
    std::stop_source stop;
    FakeEnv env;
    stop_after(12, env, stop);
    env.chance = chance;
    ServerRequests server(config_, {"cars"}, env, states_, stop.get_token());
    const RequestedProject& project = server.projects().at(0);
    const std::string id = server.start_annotation_export(project, "coco", {});
    EXPECT_TRUE(env.sleeps().empty());
    try {
      server.follow_annotation_export(project, id);
      ADD_FAILURE() << "it ended";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::interrupted);
    }
    return env.sleeps();
  }

  const TemporaryFolder folder_;
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
  FakeEnv env;
  env.chance = 1;
  stop_after(3, env, stop);
  ServerRequests server(config_, {"cars"}, env, states_, stop.get_token());
  const RequestedProject& project = server.projects().at(0);
  const std::string id = server.start_annotation_export(project, "coco", {});
  const FileLock lock(config_.mirror.database.string() + ".lock");
  EXPECT_THROW(server.follow_annotation_export(project, id), Error);
  EXPECT_EQ(env.sleeps().size(), 3U);
  try {
    server.start_annotation_export(project, "coco", {});
    ADD_FAILURE() << "it was started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::busy);
  }
}

}  // namespace
}  // namespace nexus_mirror::sync
