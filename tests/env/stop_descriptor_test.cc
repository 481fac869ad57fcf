#include "env/stop_descriptor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace nexus_mirror::env {
namespace {

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
}

TEST(StopDescriptorTest, IsReadableForGoodOnceStopIsRequested) {
  std::stop_source stop;
  const StopDescriptor descriptor(stop.get_token());
  ASSERT_GE(descriptor.get(), 0);
  EXPECT_EQ(descriptor.error(), 0);
  EXPECT_FALSE(readable(descriptor.get()));
  std::thread([&] { stop.request_stop(); }).join();
  EXPECT_TRUE(readable(descriptor.get()));
  EXPECT_TRUE(readable(descriptor.get()));
}

TEST(StopDescriptorTest, IsReadableFromTheBeginningWhenItIsLate) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(readable(StopDescriptor(stop.get_token()).get()));
}

TEST(StopDescriptorTest, IsNoneWhereNobodyCanRequestAStop) {
  const StopDescriptor descriptor{std::stop_token()};
  EXPECT_EQ(descriptor.get(), -1);
  EXPECT_EQ(descriptor.error(), 0);
}

TEST(StopDescriptorTest, MayGoBeforeTheRequestComes) {
  std::stop_source stop;
  { const StopDescriptor descriptor(stop.get_token()); }
  EXPECT_TRUE(stop.request_stop());
}

TEST(StopDescriptorTest, SaysWhyThereIsNone) {
  const pid_t child = ::fork();  // the limit concerns a whole process
  if (child == 0) {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) ::_exit(1);
    std::stop_source stop;
    const StopDescriptor descriptor(stop.get_token());
    stop.request_stop();
    ::_exit(descriptor.get() == -1 && descriptor.error() == EMFILE ? 42 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(EventDescriptorTest, IsReadableForGoodOnceRaised) {
  const EventDescriptor event;
  EXPECT_FALSE(readable(event.get()));
  std::thread([&] { event.raise(); }).join();
  event.raise();
  EXPECT_TRUE(readable(event.get()));
}

}  // namespace
}  // namespace nexus_mirror::env
