// The daemon as a process: signals, systemd, its endpoint, its locks.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "support/mirror_run.h"
#include "support/notify_socket.h"

namespace nexus_mirror::testing {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr const char* kRare = "interval = \"1h\"\n";
constexpr const char* kStallAll = R"({"match": "/", "nth": 0, "fault": "stall"})";

class DaemonTest : public PromiseTest {
 protected:
  // A daemon of one small project; `sync` are lines of [sync], sections may follow.
  void begin(const std::string& sync = kRare, std::vector<std::string> environment = {},
             const std::string& http = {}) {
    if (!mirror_) make(sync, http);
    socket_ = std::make_unique<NotifySocket>(mirror_->folder() / "notify");
    environment.push_back(socket_->variable());
    daemon_ = mirror_->start({"--log-level", "debug", "daemon"}, std::move(environment));
  }
  void make(const std::string& sync, const std::string& http = {}) {
    mirror_ = mirror(kBloodCells);
    configure(sync, http);
  }
  void configure(const std::string& sync, const std::string& http = {}) {
    MirrorSettings wanted = settings(kBloodCells);
    wanted.sync = sync;
    wanted.http = http;
    mirror_->configure(wanted);
  }

  std::string wait_for(const std::string& part) {
    try {
      return socket_->wait_for(part);
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string(error.what()) + "\n" + daemon_->err_so_far());
    }
  }
  // Until sync `id` has ended ok and the daemon waits again.
  void wait_for_sync(int id) {
    const std::string ended = "STATUS=Sync " + std::to_string(id) + " ";
    if (const std::string status = wait_for(ended); !status.starts_with(ended + "ok")) {
      throw std::runtime_error(status + "\n" + daemon_->err_so_far());
    }
  }

  Ended stop() {
    daemon_->terminate();
    while (daemon_->running()) socket_->keep(milliseconds(10));
    return daemon_->wait();
  }

  // Where daemon.listen came to be, from the log.
  std::string endpoint() {
    const std::string log = daemon_->err_so_far();
    const std::size_t at = log.find("listening on http://") + 13;
    return log.substr(at, log.find_first_of(" \n", at) - at);
  }
  int status_of(const std::string& path) { return fetch("GET", endpoint() + path).status; }
  std::string metrics() { return fetch("GET", endpoint() + "/metrics").body; }

  // Returns once a request stalls that came after the last forget_requests().
  void wait_for_stall() {
    while (requests().empty()) ASSERT_TRUE(daemon_->running());
  }

  std::unique_ptr<Mirror> mirror_;
  std::unique_ptr<NotifySocket> socket_;
  std::unique_ptr<MirrorProcess> daemon_;
};

TEST_F(DaemonTest, TellsSystemdHowItGoes) {
  begin();
  wait_for("READY=1");
  wait_for("STATUS=Syncing corpus");
  const std::string status = wait_for("next sync at ");
  EXPECT_NE(status.find("Sync 1 ok, 1 project, +"), std::string::npos) << status;
  const Ended ended = stop();
  EXPECT_EQ(ended.status, 0) << ended.err;
  wait_for("STOPPING=1");
  EXPECT_EQ(mirror_->value("SELECT result FROM syncs"), "ok");
  EXPECT_NE(ended.err.find("sync 1 ok: "), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find(kKey), std::string::npos);
}

TEST_F(DaemonTest, IsHappyWithoutSystemd) {
  make("interval = \"1s\"\njitter = \"0s\"\n");
  const auto process = mirror_->start({"daemon"});
  while (process->running() && process->err_so_far().find("sync 2 ok") == std::string::npos) {
  }
  process->signal(SIGINT);
  EXPECT_EQ(process->wait().status, 0);
}

TEST_F(DaemonTest, TheWatchdogIsFedByWorkThatMovesAndStarvesWhenItHangs) {
  begin(kRare, {"WATCHDOG_USEC=400000"});
  wait_for_sync(1);
  for (int i = 0; i < 6; ++i) wait_for("WATCHDOG=1");  // while it waits
  fault(kStallAll);
  forget_requests();
  daemon_->signal(SIGUSR1);
  wait_for_stall();
  // What is fed from now on ends: silence for several times the interval.
  int fed = 0;
  while (!socket_->receive(milliseconds(1500)).empty()) ASSERT_LT(++fed, 100);
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, AGoodReloadCountsAtOnce) {
  begin();
  wait_for_sync(1);
  configure("interval = \"1s\"\njitter = \"0s\"\n");
  daemon_->signal(SIGHUP);
  EXPECT_NE(wait_for("RELOADING=1").find("\nMONOTONIC_USEC="), std::string::npos);
  wait_for("READY=1");
  wait_for_sync(3);
  const Ended ended = stop();
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("configuration reloaded"), std::string::npos);
}

TEST_F(DaemonTest, ABadReloadIsReportedAndChangesNothing) {
  begin();
  wait_for_sync(1);
  std::ofstream(mirror_->folder() / "config.toml", std::ios::app) << "intervall = 3\n";
  daemon_->signal(SIGHUP);
  wait_for("RELOADING=1");
  wait_for("READY=1");
  daemon_->signal(SIGUSR1);
  wait_for_sync(2);
  const Ended ended = stop();
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("the configuration stays as it was"), std::string::npos);
  EXPECT_NE(ended.err.find("intervall"), std::string::npos);
}

TEST_F(DaemonTest, WhetherTheLastReloadSucceededIsMeasured) {
  const std::string listens = std::string(kRare) + "[daemon]\nlisten = \"127.0.0.1:0\"\n";
  begin(listens);
  wait_for_sync(1);
  const auto successful = [&] {
    const std::string text = fetch("GET", endpoint() + "/metrics").body;
    return text.find("\nnexus_mirror_config_last_reload_successful 1\n") != std::string::npos;
  };
  const auto reload = [&] {
    daemon_->signal(SIGHUP);
    wait_for("RELOADING=1");
    wait_for("READY=1");
  };
  EXPECT_TRUE(successful());
  configure(listens + "odd = 1\n");
  reload();
  EXPECT_FALSE(successful());
  configure(listens);
  reload();
  EXPECT_TRUE(successful());
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, AReloadMovesTheEndpointAlsoOnItsOwnPort) {
  begin(std::string(kRare) + "[daemon]\nlisten = \"127.0.0.1:0\"\n");
  wait_for_sync(1);
  const std::string port = endpoint().substr(endpoint().rfind(':') + 1);
  configure(std::string(kRare) + "[daemon]\nlisten = \"0.0.0.0:" + port + "\"\n");
  daemon_->signal(SIGHUP);
  wait_for("RELOADING=1");
  wait_for_sync(2);
  EXPECT_EQ(fetch("GET", "http://127.0.0.1:" + port + "/healthz").status, 200);

  // One that cannot be had leaves the old one in place.
  configure(std::string(kRare) +
            "[daemon]\nlisten = \"127.0.0.1:" + std::to_string(emulator().port()) + "\"\n");
  daemon_->signal(SIGHUP);
  wait_for("RELOADING=1");
  wait_for("READY=1");
  EXPECT_EQ(fetch("GET", "http://127.0.0.1:" + port + "/healthz").status, 200);
  const Ended ended = stop();
  EXPECT_EQ(ended.status, 0);
  EXPECT_NE(ended.err.find("listening on http://0.0.0.0:" + port), std::string::npos);
  EXPECT_NE(ended.err.find("the configuration stays as it was"), std::string::npos) << ended.err;
}

TEST_F(DaemonTest, AReloadDuringASyncIsAnsweredAtOnce) {
  make(kRare);
  fault(kStallAll);
  begin();
  wait_for("READY=1");
  wait_for_stall();
  daemon_->signal(SIGHUP);
  wait_for("RELOADING=1");
  wait_for("READY=1");
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, SyncsNowWhenAsked) {
  begin();
  wait_for_sync(1);
  for (int id = 2; id <= 4; ++id) {
    daemon_->signal(SIGUSR1);
    wait_for_sync(id);
  }
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, StopsWhileAServerStalls) {
  make(kRare);
  fault(kStallAll);
  begin();
  wait_for_stall();
  EXPECT_EQ(stop().status, 0);
  EXPECT_EQ(mirror_->value("SELECT result FROM syncs"), "interrupted");
  wait_for("STOPPING=1");
}

TEST_F(DaemonTest, StopsWhileAListingStallsAndGoesOnNextTime) {
  make(kRare);
  fault(R"({"match": "/annotations?", "nth": 0, "fault": "stall"})");
  begin();
  while (requests("/annotations?").empty()) ASSERT_TRUE(daemon_->running());
  EXPECT_EQ(stop().status, 0);
  clear_faults();
  EXPECT_EQ(mirror_->sync().status, 0);
}

TEST_F(DaemonTest, StopsWhileItWritesAndGoesOnNextTime) {
  serve({"--max-page", "20", "--latency", "2"});
  make(kRare);
  begin();
  wait_for("READY=1");
  while (mirror_->number("SELECT count(*) FROM annotations") == 0) ASSERT_TRUE(daemon_->running());
  EXPECT_EQ(stop().status, 0);
  EXPECT_EQ(mirror_->value("SELECT result FROM syncs"), "interrupted");
  EXPECT_LT(mirror_->number("SELECT count(*) FROM annotations"), 4888);
  EXPECT_EQ(mirror_->sync().status, 0);
  EXPECT_EQ(mirror_->number("SELECT count(*) FROM annotations"), 4888);
}

TEST_F(DaemonTest, StopsWhileAServerIsWaitedForAndWhileAHookRuns) {
  make(kRare);
  fault(R"({"match": "/", "nth": 0, "fault": "status", "status": 429, "retry_after": "1000"})");
  begin();
  wait_for_stall();
  while (daemon_->err_so_far().find("trying again") == std::string::npos) {
    ASSERT_TRUE(daemon_->running());
  }
  EXPECT_EQ(stop().status, 0);

  clear_faults();
  fs::remove(mirror_->folder() / "notify");
  configure(std::string(kRare) +
            "[hooks]\non_change = [\"/bin/sh\", \"-c\", \"echo begun; sleep 1000\"]\n");
  begin();
  while (daemon_->err_so_far().find("hook: begun") == std::string::npos) {
    ASSERT_TRUE(daemon_->running()) << daemon_->err_so_far();
  }
  const Ended ended = stop();
  EXPECT_EQ(ended.status, 0) << ended.err;
}

TEST_F(DaemonTest, IsTheOnlyOneOfItsMirrorButLeavesRoomForASyncByHand) {
  begin();
  wait_for_sync(1);
  const Ended second = mirror_->run({"daemon"});
  EXPECT_EQ(second.status, 7);
  EXPECT_NE(second.err.find("another daemon"), std::string::npos) << second.err;
  EXPECT_EQ(mirror_->sync().status, 0);
  daemon_->signal(SIGUSR1);
  wait_for_sync(3);
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, WaitsForASyncByHand) {
  make(kRare);
  fault(kStallAll);
  const auto by_hand = mirror_->start({"sync"});
  while (requests().empty()) ASSERT_TRUE(by_hand->running());
  begin();
  wait_for("READY=1");
  wait_for("STATUS=Waiting for another nexus-mirror");
  by_hand->terminate();
  by_hand->wait();
  clear_faults();
  wait_for_sync(2);
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, ShowsItselfBeforeDuringAndAfterASync) {
  make(std::string(kRare) + "[daemon]\nlisten = \"127.0.0.1:0\"\n");
  fault(kStallAll);
  begin();
  wait_for("READY=1");
  wait_for_stall();
  EXPECT_EQ(status_of("/healthz"), 200);
  EXPECT_EQ(status_of("/readyz"), 503);
  std::string text = metrics();
  EXPECT_NE(text.find("nexus_mirror_sync_in_progress 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("nexus_mirror_last_success_timestamp_seconds 0\n"), std::string::npos);
  clear_faults();
  EXPECT_EQ(stop().status, 0);

  fs::remove(mirror_->folder() / "notify");
  begin();
  wait_for("STATUS=Sync ");
  EXPECT_EQ(status_of("/readyz"), 200);
  text = metrics();
  const std::string rows = "nexus_mirror_rows_total{table=\"annotations\",operation=\"insert\"} " +
                           mirror_->value("SELECT count(*) FROM annotations") + "\n";
  EXPECT_NE(text.find(rows), std::string::npos) << text;
  EXPECT_NE(text.find("nexus_mirror_syncs_total{result=\"ok\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("nexus_mirror_requests_total{workspace=\"corpus\",status=\"200\"} "),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("nexus_mirror_last_success_timestamp_seconds 0\n"), std::string::npos);
  EXPECT_EQ(text.find("nexus_mirror_database_bytes 0\n"), std::string::npos);
  EXPECT_EQ(text.find(kKey), std::string::npos);
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, IsNotReadyWhenStale) {
  begin(std::string(kRare) + "stale_after = \"1ms\"\n[daemon]\nlisten = \"127.0.0.1:0\"\n");
  wait_for_sync(1);
  EXPECT_EQ(status_of("/healthz"), 200);
  EXPECT_EQ(status_of("/readyz"), 503);
  EXPECT_EQ(stop().status, 0);
}

TEST_F(DaemonTest, AnAddressInUseIsAnErrorAtTheStart) {
  serve();
  make(std::string(kRare) + "[daemon]\nlisten = \"127.0.0.1:" + std::to_string(emulator().port()) +
       "\"\n");
  const Ended ended = mirror_->run({"daemon"});
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_NE(ended.err.find("Address already in use"), std::string::npos) << ended.err;
}

TEST_F(DaemonTest, AMissingKeyIsAnErrorAtTheStart) {
  make(kRare);
  fs::remove(mirror_->folder() / "key");
  EXPECT_EQ(mirror_->run({"daemon"}).status, 2);
}

TEST_F(DaemonTest, KeepsTryingAServerThatFails) {
  make("interval = \"1s\"\njitter = \"0s\"\n");
  fault(R"({"match": "/", "nth": 0, "fault": "status", "status": 500})");
  begin("interval = \"1s\"\n");
  wait_for("STATUS=Sync 1 failed");
  clear_faults();
  wait_for(" ok, 1 project");
  EXPECT_EQ(stop().status, 0);
}

// Two workspaces, of which one cannot be reached.
TEST_F(DaemonTest, AWorkspaceThatFailsLeavesTheOtherUpToDate) {
  mirror_ = mirror(kBloodCells);
  MirrorSettings wanted = settings(kBloodCells);
  wanted.workspace += "\n[[workspace]]\nname = \"dead\"\nendpoint = \"http://127.0.0.1:1\"\n" +
                      ("secret_key_file = \"" + (mirror_->folder() / "key").string()) + "\"\n";
  wanted.sync = "interval = \"1s\"\njitter = \"0s\"\n[daemon]\nlisten = \"127.0.0.1:0\"\n";
  mirror_->configure(wanted);
  begin();
  wait_for("STATUS=Sync 1 partial");
  const std::string asset = corpus_line("assets", kBloodCells);
  remove("assets", id_of(asset));
  // Each is synced by itself from now on: the healthy one says why the mirror is not up to date.
  wait_for("workspace dead is not up to date");
  wait_for("STATUS=Syncing dead");
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM assets WHERE id = '" + id_of(asset) + "'"), "0");
  const std::string text = metrics();
  EXPECT_NE(text.find("nexus_mirror_workspace_failures{workspace=\"corpus\"} 0\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("nexus_mirror_workspace_failures{workspace=\"dead\"} 0\n"),
            std::string::npos);
  EXPECT_EQ(status_of("/readyz"), 503);
  EXPECT_EQ(stop().status, 0);
  EXPECT_EQ(mirror_->value("SELECT count(*) FROM syncs WHERE result = 'ok'"), "0");
}

TEST_F(DaemonTest, LinksOfAWorkspaceAreRenewedThoughAnotherFails) {
  serve();
  mirror_ = std::make_unique<Mirror>(settings());
  ASSERT_EQ(mirror_->sync().status, 0);
  MirrorSettings wanted = settings();
  wanted.workspace += "\n[[workspace]]\nname = \"dead\"\nendpoint = \"http://127.0.0.1:1\"\n" +
                      ("secret_key_file = \"" + (mirror_->folder() / "key").string()) + "\"\n";
  mirror_->configure(wanted);
  const std::string before = mirror_->value("SELECT max(download_url) FROM models");
  const Ended ended = mirror_->run({"links", "--refresh"});
  EXPECT_EQ(ended.status, 1) << ended.err;
  EXPECT_NE(mirror_->value("SELECT max(download_url) FROM models"), before);
}

TEST_F(DaemonTest, AHookIsToldNothingOfSystemd) {
  make(std::string(kRare));
  configure(std::string(kRare) + "[hooks]\non_change = [\"/usr/bin/env\"]\n");
  begin(kRare, {"WATCHDOG_USEC=60000000"});
  wait_for_sync(1);
  const Ended ended = stop();
  EXPECT_NE(ended.err.find("hook: NEXUS_MIRROR_SYNC_ID=1"), std::string::npos) << ended.err;
  EXPECT_EQ(ended.err.find("NOTIFY_SOCKET"), std::string::npos);
  EXPECT_EQ(ended.err.find("WATCHDOG_USEC"), std::string::npos);
}

TEST_F(DaemonTest, DebugShowsRequestsWithoutTheirQuery) {
  begin();
  wait_for_sync(1);
  const Ended ended = stop();
  EXPECT_NE(ended.err.find("request workspace=corpus method=GET path=/workspace"),
            std::string::npos)
      << ended.err.substr(0, 2000);
  EXPECT_EQ(ended.err.find("limit="), std::string::npos);
  EXPECT_EQ(ended.err.find(kKey), std::string::npos);
}

}  // namespace
}  // namespace nexus_mirror::testing
