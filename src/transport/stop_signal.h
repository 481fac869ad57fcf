// A stop token that poll() can wait for.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

namespace nexus_mirror::transport {

// Becomes readable, for good, when stop is requested. Belongs to the thread that made it; the
// request may come from any thread.
class StopSignal {
 public:
  explicit StopSignal(const std::stop_token& stop);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  // Throws Failure(interrupted) when stop has been requested.
  void check() const;

  // Waits until `fd` is ready for `events` (POLLIN, POLLOUT) or has failed. Returns false when
  // `timeout` passed first; throws Failure(interrupted) when stop was requested first.
  bool wait(int fd, short events, std::chrono::milliseconds timeout) const;

 private:
  struct Raise {
    int fd;
    void operator()() const noexcept;
  };

  std::stop_token stop_;
  int event_fd_ = -1;  // constant after construction; -1 when nobody can request a stop
  std::optional<std::stop_callback<Raise>> callback_;
};

}  // namespace nexus_mirror::transport
