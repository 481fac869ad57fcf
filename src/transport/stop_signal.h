// A stop token that poll() can wait for.
#pragma once

#include <chrono>
#include <stop_token>

#include "env/stop_descriptor.h"

namespace nexus_mirror::transport {

// Belongs to the thread that made it; the request may come from any thread.
class StopSignal {
 public:
  // Throws Failure(unreachable) when no file descriptor is left.
  explicit StopSignal(const std::stop_token& stop);

  // Throws Failure(interrupted) when stop has been requested.
  void check() const;

  // Waits until `fd` is ready for `events` (POLLIN, POLLOUT) or has failed. Returns false when
  // `timeout` passed first; throws Failure(interrupted) when stop was requested first.
  bool wait(int fd, short events, std::chrono::milliseconds timeout) const;

 private:
  const std::stop_token stop_;
  const env::StopDescriptor requested_;
};

}  // namespace nexus_mirror::transport
