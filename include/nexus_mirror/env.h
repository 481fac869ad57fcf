// The one seam to the outside world: time, sleep, chance and the lock on a mirror. Nothing else in
// the program asks for the time, so tests run without waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace nexus_mirror {

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
  // Throws Error: busy (held by another process), mirror (the file cannot be created).
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;  // constant after construction
};

}  // namespace nexus_mirror
