// The daemon's own threads: what they call may throw anything.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "daemon/notify.h"
#include "daemon/service.h"
#include "log/log.h"
#include "support/fake_env.h"

namespace nexus_mirror::daemon {
namespace {

TEST(DaemonThreadsTest, SignalsAreListenedToWhateverTheirHandlersThrow) {
  const pid_t child = ::fork();  // signals concern a whole process
  if (child == 0) {
    log::configure(log::Level::off, log::Style::text);
    std::atomic<int> calls = 0;
    env::Signals signals({SIGHUP, SIGUSR1});
    signals.listen(
        guarded({[&] { ++calls, throw 7; }, [&] { ++calls, throw std::runtime_error("reload"); },
                 [&] { ++calls, throw std::bad_alloc(); }}));
    int sent = 0;
    for (const int signal : {SIGHUP, SIGUSR1, SIGHUP, SIGTERM}) {
      ::kill(::getpid(), signal);
      ++sent;
      while (calls < sent) std::this_thread::yield();
    }
    // The handler is called before the stop is requested, so the stop may still be to come.
    while (!signals.stop_token().stop_requested()) std::this_thread::yield();
    ::_exit(42);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "it was ended by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

class ThrowingNotifier final : public Notifier {
 public:
  void send(const std::string&) override {
    const std::lock_guard lock(mutex_);
    ++sent_;
    changed_.notify_all();
    throw std::bad_alloc();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sent_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int sent_ = 0;  // guarded by mutex_
};

TEST(DaemonThreadsTest, TheWatchdogIsFedAgainWhateverHappenedBefore) {
  log::configure(log::Level::off, log::Style::text);
  testing::FakeEnv env;
  env.stands_still = true;
  env.on_sleep = [] { std::this_thread::yield(); };
  ThrowingNotifier notifier;
  const Progress progress(env);
  {
    const Watchdog watchdog(std::chrono::hours(1), notifier, progress, env);
    notifier.wait_for(3);
  }
  log::configure(log::Level::info, log::Style::text);
}

}  // namespace
}  // namespace nexus_mirror::daemon
