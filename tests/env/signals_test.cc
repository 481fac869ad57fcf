#include "env/signals.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

namespace nexus_mirror::env {
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

void wait_for_stop(const Signals& signals) {
  while (!signals.stop_token().stop_requested()) std::this_thread::yield();
}

TEST(SignalsTest, TheFirstSignalRequestsAStop) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EQ(status_of([signal] {
                Signals signals;
                signals.listen();
                if (signals.stop_token().stop_requested()) return 1;
                ::kill(::getpid(), signal);
                wait_for_stop(signals);
                return 42;
              }),
              42);
  }
}

TEST(SignalsTest, TheSecondSignalEndsTheProcess) {
  EXPECT_EQ(status_of([] {
              Signals signals;
              signals.listen();
              ::kill(::getpid(), SIGTERM);
              wait_for_stop(signals);
              ::kill(::getpid(), SIGINT);
              for (;;) ::pause();
              return 0;
            }),
            128 + SIGINT);
}

TEST(SignalsTest, WithoutASignalNothingIsRequested) {
  std::stop_token token;
  {
    Signals signals;
    signals.listen();
    token = signals.stop_token();
    EXPECT_FALSE(token.stop_requested());
  }
  EXPECT_FALSE(token.stop_requested());
  sigset_t mask;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &mask), 0);
  EXPECT_EQ(::sigismember(&mask, SIGTERM), 0);
}

TEST(SignalsTest, OthersReachTheHandlerAsOftenAsTheyCome) {
  EXPECT_EQ(status_of([] {
              std::atomic<int> hangups = 0, users = 0, ends = 0;
              Signals signals({SIGHUP, SIGUSR1});
              ::kill(::getpid(), SIGHUP);  // waits until somebody listens
              signals.listen([&](int signal) {
                ++(signal == SIGHUP ? hangups : signal == SIGUSR1 ? users : ends);
              });
              while (hangups < 1) std::this_thread::yield();
              ::kill(::getpid(), SIGUSR1);
              while (users < 1) std::this_thread::yield();
              ::kill(::getpid(), SIGHUP);
              while (hangups < 2) std::this_thread::yield();
              if (ends != 0 || signals.stop_token().stop_requested()) return 1;
              ::kill(::getpid(), SIGTERM);
              wait_for_stop(signals);  // comes after the handler
              return ends == 1 ? 42 : 2;
            }),
            42);
}

TEST(SignalsTest, TheHandlerIsAskedNoMoreAfterTheClose) {
  EXPECT_EQ(status_of([]() -> int {
              std::atomic<int> calls = 0;
              Signals signals({SIGUSR1});
              signals.listen([&](int) { ++calls; });
              signals.close();
              ::kill(::getpid(), SIGUSR1);
              // Before the destructor, which lets the signal through.
              ::_exit(calls == 0 && !signals.stop_token().stop_requested() ? 42 : 1);
            }),
            42);
}

TEST(SignalsTest, ThoseThatNobodyAskedForEndTheProcessAsEver) {
  const pid_t child = ::fork();
  if (child == 0) {
    Signals signals;
    signals.listen();
    ::kill(::getpid(), SIGHUP);
    for (;;) ::pause();
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGHUP);
}

}  // namespace
}  // namespace nexus_mirror::env
