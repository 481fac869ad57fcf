#include "nexus_mirror/env.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <thread>

#include "nexus_mirror/error.h"
#include "support/temporary_folder.h"

namespace nexus_mirror {
namespace {

namespace fs = std::filesystem;

class FileLockTest : public ::testing::Test {
 protected:
  // Nullopt when the lock can be taken, else why not.
  static std::optional<ErrorCode> failure(const fs::path& path) {
    try {
      const FileLock lock(path);
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(FileLockTest, IsExclusiveUntilItsEnd) {
  const fs::path path = folder_ / "mirror.lock";
  {
    const FileLock lock(path);
    EXPECT_EQ(failure(path), ErrorCode::busy);
  }
  EXPECT_EQ(failure(path), std::nullopt);
  EXPECT_TRUE(fs::exists(path)) << "the file is never removed";
}

TEST_F(FileLockTest, FileIsForItsOwnerOnly) {
  const fs::path path = folder_ / "mirror.lock";
  const FileLock lock(path);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(FileLockTest, OtherFilesAreOtherLocks) {
  const FileLock lock(folder_ / "one.lock");
  EXPECT_EQ(failure(folder_ / "two.lock"), std::nullopt);
}

TEST_F(FileLockTest, NeedsItsFolder) {
  EXPECT_EQ(failure(folder_ / "missing" / "mirror.lock"), ErrorCode::machine);
}

TEST_F(FileLockTest, EndsWithTheProcessThatHoldsIt) {
  const fs::path path = folder_ / "mirror.lock";
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const FileLock lock(path);
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    while (true) ::pause();  // until it is killed
  }
  ::close(ready[1]);
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  EXPECT_EQ(failure(path), ErrorCode::busy);

  ASSERT_EQ(::kill(child, SIGKILL), 0);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(failure(path), std::nullopt);
}

TEST(SystemEnv, SleepEndsAtOnceWhenItWasStoppedBefore) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(Env::system().sleep(std::chrono::hours(1), stop.get_token()));
}

TEST(SystemEnv, SleepEndsWhenItIsStopped) {
  std::stop_source stop;
  bool slept = true;
  std::thread sleeper(
      [&] { slept = Env::system().sleep(std::chrono::hours(1), stop.get_token()); });
  stop.request_stop();
  sleeper.join();
  EXPECT_FALSE(slept);
}

TEST(SystemEnv, SleepThatEndsByItselfSaysSo) {
  EXPECT_TRUE(Env::system().sleep(std::chrono::milliseconds(0), std::stop_token{}));
}

TEST(SystemEnv, ClocksGoForward) {
  constexpr std::int64_t year_2024_ms = 1'704'067'200'000;
  EXPECT_GT(Env::system().now_ms(), year_2024_ms);
  const std::int64_t before = Env::system().monotonic_ms();
  EXPECT_GE(Env::system().monotonic_ms(), before);
}

TEST(SystemEnv, RandomNumbersDifferAndStayInTheirRange) {
  const double first = Env::system().random();
  bool differ = false;
  for (int i = 0; i < 100; ++i) {
    const double number = Env::system().random();
    EXPECT_GE(number, 0.0);
    EXPECT_LT(number, 1.0);
    differ = differ || number != first;
  }
  EXPECT_TRUE(differ);
}

}  // namespace
}  // namespace nexus_mirror
