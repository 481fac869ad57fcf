#include "transport/stop_signal.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "error/scarcity.h"
#include "nexus_mirror/env.h"
#include "transport/failure.h"

namespace nexus_mirror::transport {

StopSignal::StopSignal(const std::stop_token& stop) : stop_(stop), requested_(stop) {
  if (requested_.error() == 0) return;
  throw Failure(Failure::Cause::machine,
                "no descriptor is left: " + std::generic_category().message(requested_.error()),
                scarcity_remedy(requested_.error()));
}

void StopSignal::check() const {
  if (stop_.stop_requested()) throw Failure(Failure::Cause::interrupted, "asked to stop");
}

bool StopSignal::wait(int fd, short events, std::chrono::milliseconds timeout) const {
  Env& env = Env::system();
  const std::int64_t deadline = env.monotonic_ms() + timeout.count();
  while (true) {
    check();
    const std::int64_t left = std::max<std::int64_t>(0, deadline - env.monotonic_ms());
    pollfd fds[] = {{fd, events, 0}, {requested_.get(), POLLIN, 0}};
    const int ready = ::poll(fds, 2, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
    if (ready < 0 && errno != EINTR) {
      throw Failure(Failure::Cause::closed,
                    "waiting failed: " + std::generic_category().message(errno));
    }
    if (ready > 0 && fds[1].revents != 0) check();
    if (ready > 0 && fds[0].revents != 0) return true;
    if (ready == 0 && env.monotonic_ms() >= deadline) return false;
  }
}

}  // namespace nexus_mirror::transport
