// The seam to the outside world: time, sleep, chance and the lock on a mirror. Whatever decides by
// the clock or waits (schedules, retries, links that die, the history) is handed an Env, so tests
// run without waiting, at a time of their own.
//
// Past it go: the time-outs of sockets (transport/) and the moment of a log line, which take
// Env::system(), or spdlog's own clock where log lines are text; systemd's RELOADING=1, which
// wants the steady clock in microseconds; and the view model_links, which asks SQLite. The
// emulator has clocks of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace nexus_mirror {

namespace env {
class Descriptor;
}

// Any thread may call any method.
class Env {
 public:
  virtual ~Env() = default;

  // UNIX time in milliseconds; may jump when the clock is set.
  virtual std::int64_t now_ms() = 0;

  // Milliseconds since some fixed moment; never goes back.
  virtual std::int64_t monotonic_ms() = 0;

  // Waits for `duration` or until `stop` is requested. Returns false when it was stopped.
  virtual bool sleep(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;

  // A random number in [0, 1).
  virtual double random() = 0;

  // The real one: system clocks and the system's randomness.
  static Env& system();
};

// An exclusive lock held through a file; ends with the object and, whatever happens, with the
// process. One owner.
class FileLock {
 public:
  // Takes the lock on `path`, which is created (mode 0600) when absent and never removed.
  // Throws Error: busy (held by another process), machine (the file cannot be created).
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  const std::unique_ptr<env::Descriptor> file_;
};

}  // namespace nexus_mirror
