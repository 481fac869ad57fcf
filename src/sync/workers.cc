#include "sync/workers.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "env/thread.h"
#include "log/log.h"

namespace nexus_mirror::sync {

std::exception_ptr Workers::run(std::size_t most) {
  {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < most) {
        others.push_back(start_thread<std::jthread>("reads listings", [this] { work(); }));
      }
    } catch (const Error& error) {
      log::warning(std::string(error.what()) + "; going on with fewer",
                   {{"threads", static_cast<std::int64_t>(others.size() + 1)}});
    }
    work();
  }
  return first_;
}

void Workers::work() noexcept {
  for (;;) {
    Task task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty() || abort_.stop_requested()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    try {
      task();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!first_) first_ = std::current_exception();
      abort_.request_stop();
    }
  }
}

}  // namespace nexus_mirror::sync
