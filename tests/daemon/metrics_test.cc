// What /metrics says and how the endpoint behaves towards odd clients.
#include "daemon/metrics.h"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "daemon/listener.h"
#include "nexus_mirror/error.h"
#include "support/emulator_process.h"
#include "support/mirror_run.h"

namespace nexus_mirror::daemon {
namespace {

using nexus_mirror::testing::fetch;

constexpr std::int64_t kNow = 1'769'860'800'000;

Config config() {
  Config config;
  config.mirror.database = "/nonexistent/mirror.db";
  config.workspaces.resize(2);
  config.workspaces[0].name = "vision \"A\"\\\n";
  config.workspaces[1].name = "b";
  return config;
}

sync::SyncResult good() {
  sync::SyncResult result;
  result.sync_id = 1;
  result.result = sync::Outcome::ok;
  result.started_at = kNow - 2500;
  result.finished_at = kNow;
  result.workspaces = {{"b", sync::Outcome::ok, {}, false}};
  return result;
}

void fill(Metrics& metrics) {
  metrics.configure(config());
  metrics.exchanged({"b", "GET", "/x", 200, std::nullopt, 700, 3});
  metrics.exchanged({"b", "GET", "/x", 200, std::nullopt, 300, 3});
  metrics.exchanged({"b", "GET", "/x", 0, ErrorCode::timeout, 0, 3});
  metrics.retried("b");
  metrics.sync_began();
  metrics.sync_ended(good(), {{"assets", "insert", 7}, {"assets", "delete", 2}});
  metrics.set_failures("b", 3);
  metrics.set_next_sync(kNow + 500);
}

bool holds(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricsTest, TellsThatTheLogWasHeldWhenASyncEnded) {
  const nexus_mirror::testing::TemporaryFolder folder;
  Config config = daemon::config();
  config.mirror.database = folder.path() / "mirror.db";
  Metrics metrics;
  metrics.configure(config);
  const auto said = [&]() -> std::string {
    const std::string text = metrics.text(kNow);
    return holds(text, "nexus_mirror_wal_held 1")   ? "held"
           : holds(text, "nexus_mirror_wal_held 0") ? "free"
                                                    : "";
  };
  const std::string wal = config.mirror.database.string() + "-wal";
  std::ofstream(wal) << "12345";
  EXPECT_TRUE(holds(metrics.text(kNow), "nexus_mirror_wal_bytes 5"));
  EXPECT_EQ(said(), "free") << "a sync may be writing it";
  metrics.sync_ended(good(), {});
  EXPECT_EQ(said(), "held");
  std::filesystem::resize_file(wal, 0);
  EXPECT_EQ(said(), "held") << "when the last sync ended it was";
  metrics.sync_ended(good(), {});
  EXPECT_EQ(said(), "free");
  std::ofstream(wal) << "12345";
  metrics.sync_failed();
  EXPECT_EQ(said(), "held");
}

TEST(MetricsTest, CountsWhatHappened) {
  Metrics metrics;
  fill(metrics);
  const std::string text = metrics.text(kNow + 1500);
  for (const char* line : {
           "nexus_mirror_last_success_timestamp_seconds 1769860800",
           "nexus_mirror_staleness_seconds 1.5",
           "nexus_mirror_ready 1",
           "nexus_mirror_last_sync_duration_seconds 2.5",
           "nexus_mirror_next_sync_timestamp_seconds 1769860800.5",
           "nexus_mirror_sync_in_progress 0",
           "nexus_mirror_syncs_total{result=\"ok\"} 1",
           "nexus_mirror_syncs_total{result=\"failed\"} 0",
           "nexus_mirror_requests_total{workspace=\"b\",status=\"200\"} 2",
           "nexus_mirror_requests_total{workspace=\"b\",status=\"timeout\"} 1",
           "nexus_mirror_received_bytes_total{workspace=\"b\"} 1000",
           "nexus_mirror_retries_total{workspace=\"b\"} 1",
           "nexus_mirror_rows_total{table=\"assets\",operation=\"insert\"} 7",
           "nexus_mirror_rows_total{table=\"assets\",operation=\"delete\"} 2",
           "nexus_mirror_workspace_last_success_timestamp_seconds{workspace=\"b\"} 1769860800",
           "nexus_mirror_workspace_failures{workspace=\"b\"} 3",
           "nexus_mirror_retries_total{workspace=\"vision \\\"A\\\"\\\\\\n\"} 0",
       }) {
    EXPECT_TRUE(holds(text, line)) << line << "\n" << text;
  }
}

TEST(MetricsTest, BeforeTheFirstSuccessNothingIsReady) {
  Metrics metrics;
  metrics.configure(config());
  EXPECT_FALSE(metrics.ready(kNow));
  EXPECT_TRUE(holds(metrics.text(kNow), "nexus_mirror_last_success_timestamp_seconds 0"));
  EXPECT_TRUE(holds(metrics.text(kNow), "nexus_mirror_staleness_seconds +Inf"));
}

TEST(MetricsTest, ASuccessThatIsStillToComeIsNone) {
  Metrics metrics;
  fill(metrics);
  EXPECT_TRUE(metrics.ready(kNow - 60'000)) << "a clock that was set a little";
  EXPECT_FALSE(metrics.ready(kNow - 60'001));
  const std::string text = metrics.text(kNow - 60'001);
  EXPECT_TRUE(holds(text, "nexus_mirror_last_success_timestamp_seconds 0")) << text;
  EXPECT_TRUE(holds(text, "nexus_mirror_staleness_seconds +Inf")) << text;
}

TEST(MetricsTest, ASyncOfSomeProjectsIsNoSuccess) {
  Metrics metrics;
  metrics.configure(config());
  sync::SyncResult narrow = good();
  narrow.whole = narrow.workspaces[0].whole = false;
  metrics.sync_ended(narrow, {});
  EXPECT_FALSE(metrics.ready(kNow));
  EXPECT_TRUE(holds(metrics.text(kNow),
                    "nexus_mirror_workspace_last_success_timestamp_seconds{workspace=\"b\"} 0"));
}

TEST(MetricsTest, AWorkspaceThatTheConfigurationDropsIsShownNoLonger) {
  Metrics metrics;
  fill(metrics);
  Config next = config();
  next.workspaces.pop_back();
  metrics.configure(next);
  EXPECT_EQ(metrics.text(kNow).find("workspace_failures{workspace=\"b\"}"), std::string::npos);
}

TEST(MetricsTest, PromtoolHasNothingToSay) {
  if (std::system("command -v promtool > /dev/null") != 0) {
    GTEST_SKIP() << "promtool (Debian package prometheus) is missing: the metrics went unchecked";
  }
  Metrics metrics;
  fill(metrics);
  std::FILE* tool = ::popen("promtool check metrics 2>&1", "w");
  ASSERT_NE(tool, nullptr);
  const std::string text = metrics.text(kNow);
  std::fwrite(text.data(), 1, text.size(), tool);
  const int status = ::pclose(tool);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
}

class ListenerTest : public ::testing::Test {
 protected:
  std::string url(const std::string& path) const { return listener_.url() + path; }

  // Sends `bytes` as they are; the answer up to the end of the connection.
  std::string exchange(const std::string& bytes) const {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress(listener_.url().substr(7)));
    std::string answer;
    char block[4096];
    try {
      socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
      for (int size = 0; (size = socket.receiveBytes(block, sizeof block)) > 0;) {
        answer.append(block, static_cast<std::size_t>(size));
      }
    } catch (const Poco::Exception&) {
    }
    return answer;
  }

  Metrics metrics_;
  Listener listener_{"127.0.0.1:0", metrics_, Env::system()};
};

TEST_F(ListenerTest, AnswersWhatPrometheusAsks) {
  metrics_.configure(config());
  const auto answer = fetch("GET", url("/metrics?debug=1"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(answer.headers.at("Connection"), "close");
  EXPECT_NE(answer.body.find("# TYPE nexus_mirror_requests_total counter"), std::string::npos);
}

TEST_F(ListenerTest, IsReadyOnceThereWasASuccess) {
  metrics_.configure(config());
  EXPECT_EQ(fetch("GET", url("/healthz")).status, 200);
  EXPECT_EQ(fetch("GET", url("/readyz")).status, 503);
  metrics_.set_last_success(Env::system().now_ms());
  EXPECT_EQ(fetch("GET", url("/readyz")).status, 200);
  metrics_.set_last_success(Env::system().now_ms() - 2 * 3600 * 1000);
  EXPECT_EQ(fetch("GET", url("/readyz")).status, 503);
}

TEST_F(ListenerTest, TakesGetAndHeadOnly) {
  EXPECT_NE(exchange("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").find("HTTP/1.1 200 OK"),
            std::string::npos);
  EXPECT_TRUE(exchange("HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("\r\n\r\n"));
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    const auto answer = fetch(method, url("/metrics"), {}, "x");
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.at("Allow"), "GET, HEAD");
  }
  EXPECT_EQ(fetch("GET", url("/")).status, 404);
  EXPECT_EQ(fetch("GET", url("/metrics/../../etc/passwd")).status, 404);
}

TEST_F(ListenerTest, RefusesWhatIsNoRequestOrTooLarge) {
  EXPECT_TRUE(exchange("GET /healthz HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(exchange("\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(ListenerTest, ClientsThatSayNothingAreLeftAfterAWhile) {
  // More than are served at the same time: who asks properly is answered all the same.
  std::vector<Poco::Net::StreamSocket> silent;
  for (int i = 0; i < 4; ++i) {
    silent.emplace_back(Poco::Net::SocketAddress(listener_.url().substr(7)));
    silent.back().sendBytes("GET /hea", 8);
  }
  EXPECT_EQ(fetch("GET", url("/healthz")).status, 200);
}

TEST_F(ListenerTest, AnAddressInUseIsAnError) {
  try {
    const Listener second(listener_.url().substr(7), metrics_, Env::system());
    FAIL() << "two listen on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::config);
    EXPECT_NE(std::string(error.what()).find(listener_.url().substr(7)), std::string::npos);
  }
}

TEST(ListenerAddressTest, MayBeOfIpv6) {
  Metrics metrics;
  metrics.configure(config());
  std::unique_ptr<Listener> listener;
  try {
    listener = std::make_unique<Listener>("[::1]:0", metrics, Env::system());
  } catch (const Error& error) {
    GTEST_SKIP() << "this machine has no IPv6: " << error.what();
  }
  EXPECT_TRUE(listener->url().starts_with("http://[::1]:")) << listener->url();
  EXPECT_EQ(fetch("GET", listener->url() + "/healthz").status, 200);
}

}  // namespace
}  // namespace nexus_mirror::daemon
