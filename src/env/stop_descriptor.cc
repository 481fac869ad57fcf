#include "env/stop_descriptor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace nexus_mirror::env {

EventDescriptor::EventDescriptor() : file_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void EventDescriptor::raise() const noexcept {
  const std::uint64_t one = 1;
  // Cannot fail: nobody reads it, and the counter is far from its end.
  [[maybe_unused]] const auto written = ::write(file_.get(), &one, sizeof one);
}

StopDescriptor::StopDescriptor(const std::stop_token& stop) {
  if (!stop.stop_possible()) return;
  event_.emplace();
  if (event_->error() == 0) callback_.emplace(stop, Raise{&*event_});
}

}  // namespace nexus_mirror::env
