// The first moments of the program: signals that come before it listens, descriptors that nobody
// gave it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <thread>

#include "support/mirror_run.h"
#include "support/places.h"
#include "support/shell.h"

namespace nexus_mirror::testing {
namespace {

class EarlySignalTest : public PromiseTest {
 protected:
  void SetUp() override {
    if (!can_preload()) GTEST_SKIP() << "a sanitizer comes first";
  }
  // One run to which `signal` comes before main().
  Ended run(const Mirror& mirror, int signal, std::vector<std::string> arguments) {
    return mirror
        .start(std::move(arguments),
               {"LD_PRELOAD=" + early_signal(), "EARLY_SIGNAL=" + std::to_string(signal)})
        ->wait();
  }
};

TEST_F(EarlySignalTest, EndsASyncWithItsWords) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  for (const int signal : {SIGTERM, SIGINT}) {
    const Ended ended = run(*mirror, signal, {"sync"});
    EXPECT_EQ(ended.status, 1) << ended.err;
    EXPECT_NE(ended.err.find("asked to stop"), std::string::npos) << ended.err;
  }
  EXPECT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(run(*mirror, SIGTERM, {"export", "--force"}).status, 1);
}

TEST_F(EarlySignalTest, StopsADaemonInAnOrderlyWay) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  for (const int signal : {SIGTERM, SIGINT}) {
    const Ended ended = run(*mirror, signal, {"daemon"});
    EXPECT_EQ(ended.status, 0) << ended.err;
  }
}

// What would end a daemon that does not listen yet asks it to reload, or to sync, later.
TEST_F(EarlySignalTest, OfADaemonsOwnIsHeardLater) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  for (const int signal : {SIGHUP, SIGUSR1}) {
    const auto daemon = mirror->start(
        {"daemon"}, {"LD_PRELOAD=" + early_signal(), "EARLY_SIGNAL=" + std::to_string(signal)});
    while (daemon->running() && daemon->err_so_far().find("sync ") == std::string::npos) {
      std::this_thread::yield();
    }
    daemon->terminate();
    EXPECT_EQ(daemon->wait().status, 0);
  }
}

// Those that are over in a moment, and a sync's for signals that mean nothing to it.
TEST_F(EarlySignalTest, EndsWhatDoesNotListen) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  EXPECT_EQ(run(*mirror, SIGTERM, {"query", "SELECT 1"}).status, 128 + SIGTERM);
  EXPECT_EQ(run(*mirror, SIGINT, {"--help"}).status, 128 + SIGINT);
  EXPECT_EQ(run(*mirror, SIGTERM, {"verify"}).status, 128 + SIGTERM);
  EXPECT_EQ(run(*mirror, SIGHUP, {"sync"}).status, 128 + SIGHUP);
}

class ClosedDescriptorsTest : public PromiseTest {
 protected:
  static ShellResult run(const Mirror& mirror, const std::string& command,
                         const std::string& closed) {
    return run_shell(quoted(mirror_program()) + " --config " +
                     quoted((mirror.folder() / "config.toml").string()) + " " + command + closed);
  }
};

TEST_F(ClosedDescriptorsTest, TakeNoTextToTheFilesThatAreOpenedNext) {
  serve();
  for (const char* closed : {" 2>&-", " <&- 2>&-", " <&- >&- 2>&-"}) {
    SCOPED_TRACE(closed);
    const auto mirror = this->mirror(kKeypoints);
    EXPECT_EQ(run(*mirror, "--log-level debug sync", closed).status, 0);
    EXPECT_EQ(mirror->value("PRAGMA integrity_check"), "ok");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(mirror->folder())) {
      if (entry.path().extension() == ".toml" || !entry.is_regular_file()) continue;
      EXPECT_EQ(file_bytes(entry.path()).find(" info "), std::string::npos) << entry.path();
    }
    EXPECT_EQ(file_bytes(mirror->database().string() + ".lock").find("sync"), std::string::npos);
  }
}

TEST_F(ClosedDescriptorsTest, MakeAQueryFailThatHasNowhereToWrite) {
  serve();
  const auto mirror = this->mirror(kKeypoints);
  ASSERT_EQ(mirror->sync().status, 0);
  const ShellResult result = run(*mirror, "query 'SELECT 1'", " >&-");
  EXPECT_EQ(result.status, 1) << result.output;
  EXPECT_NE(result.output.find("standard output"), std::string::npos) << result.output;
}

// Of which the other end may never be opened.
TEST(ConfigurationFromAFifoTest, IsWaitedForUntilAStop) {
  const TemporaryFolder folder;
  const std::string fifo = (folder.path() / "config.toml").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const char* command : {"sync", "daemon"}) {
    MirrorProcess process(folder.path(), {"--config", fifo, command});
    process.terminate();
    const Ended ended = process.wait();
    EXPECT_NE(ended.status, 0);
    if (ended.status == 2) {  // else the signal was faster than main()
      EXPECT_NE(ended.err.find("asked to stop"), std::string::npos) << ended.err;
    }
  }
}

class FileSizeLimitTest : public ClosedDescriptorsTest {};

TEST_F(FileSizeLimitTest, IsAnErrorThatIsSaid) {
  serve();
  const auto mirror = this->mirror(kBloodCells);
  const ShellResult result =
      run_shell("ulimit -f 200; " + quoted(mirror_program()) + " --config " +
                quoted((mirror->folder() / "config.toml").string()) + " sync");
  EXPECT_EQ(result.status, 5) << result.output;
  EXPECT_NE(result.output.find("File too large"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("ulimit -f"), std::string::npos) << result.output;
  EXPECT_EQ(mirror->sync().status, 0);
}

}  // namespace
}  // namespace nexus_mirror::testing
