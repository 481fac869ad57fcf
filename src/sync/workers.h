// Tasks and the threads that run them.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <stop_token>

namespace nexus_mirror::sync {

// Belongs to one thread, the one that calls run().
class Workers {
 public:
  using Task = std::function<void()>;

  // Once `abort` is requested no further task is begun.
  explicit Workers(std::stop_source& abort) : abort_(abort) {}

  void add(Task task) { tasks_.push_back(std::move(task)); }

  // Runs the tasks in their order on `most` threads (at least 1), the caller's among them; on fewer
  // where no more are to be had. The first exception of a task, of whatever kind, requests `abort`
  // and is returned when all have ended; null when there was none.
  std::exception_ptr run(std::size_t most);

 private:
  void work() noexcept;

  std::stop_source& abort_;
  std::mutex mutex_;
  std::deque<Task> tasks_;    // guarded by mutex_ while run() runs
  std::exception_ptr first_;  // guarded by mutex_
};

}  // namespace nexus_mirror::sync
