#include "cli/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

namespace nexus_mirror::cli {
namespace {

// The exit status of `action`, run in a process of its own: signals concern all of one.
int status_of(const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(action());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

void wait_for_stop(const SignalWatcher& watcher) {
  while (!watcher.stop_token().stop_requested()) std::this_thread::yield();
}

TEST(SignalsTest, TheFirstSignalRequestsAStop) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EQ(status_of([signal] {
                const SignalWatcher watcher;
                if (watcher.stop_token().stop_requested()) return 1;
                ::kill(::getpid(), signal);
                wait_for_stop(watcher);
                return 42;
              }),
              42);
  }
}

TEST(SignalsTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EQ(status_of([] {
              const SignalWatcher watcher;
              ::kill(::getpid(), SIGTERM);
              wait_for_stop(watcher);
              ::kill(::getpid(), SIGINT);
              for (;;) ::pause();
              return 0;
            }),
            128 + SIGINT);
}

TEST(SignalsTest, WithoutASignalNothingIsRequested) {
  std::stop_token token;
  {
    const SignalWatcher watcher;
    token = watcher.stop_token();
    EXPECT_FALSE(token.stop_requested());
  }
  EXPECT_FALSE(token.stop_requested());
  sigset_t mask;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
  EXPECT_EQ(::sigismember(&mask, SIGTERM), 0);
}

}  // namespace
}  // namespace nexus_mirror::cli
