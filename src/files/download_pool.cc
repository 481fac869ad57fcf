#include "files/download_pool.h"

#include <chrono>
#include <string>
#include <utility>

#include "env/thread.h"
#include "log/log.h"

namespace nexus_mirror::files {

DownloadPool::DownloadPool(std::size_t most, Fetch fetch, std::stop_token stop)
    : fetch_(std::move(fetch)), passed_on_(std::move(stop), [this] { stop_.request_stop(); }) {
  try {
    while (threads_.size() < most) {
      threads_.push_back(start_thread<std::jthread>(
          "fetches files", [this](const std::stop_token& ended) { work(ended); }));
    }
  } catch (const Error& error) {
    log::warning(std::string(error.what()) + "; going on with fewer",
                 {{"threads", static_cast<std::int64_t>(threads_.size())}});
  }
}

DownloadPool::~DownloadPool() {
  stop_.request_stop();
  for (std::jthread& thread : threads_) thread.request_stop();
}

void DownloadPool::add(store::DueFile file) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(file));
  }
  ++inside_;
  changed_.notify_one();
}

void DownloadPool::abandon() {
  const std::lock_guard lock(mutex_);
  for (store::DueFile& file : waiting_) {
    ended_.push_back({std::move(file), {.end = FetchEnd::stopped}});
  }
  waiting_.clear();
}

std::optional<EndedFetch> DownloadPool::take() {
  constexpr auto kAtMost = std::chrono::milliseconds(100);
  std::unique_lock lock(mutex_);
  if (threads_.empty() && ended_.empty()) run_one(lock);
  changed_.wait_for(lock, kAtMost, [this] { return !ended_.empty() || failure_ != nullptr; });
  if (failure_) std::rethrow_exception(failure_);
  if (ended_.empty()) return std::nullopt;
  EndedFetch next = std::move(ended_.front());
  ended_.pop_front();
  --inside_;
  return next;
}

void DownloadPool::work(const std::stop_token& ended) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, ended, [this] { return !waiting_.empty(); })) {
    if (!run_one(lock)) return;
  }
}

// Under the lock, which it gives up meanwhile. False once something failed for all.
bool DownloadPool::run_one(std::unique_lock<std::mutex>& lock) {
  if (waiting_.empty()) return true;
  EndedFetch next{std::move(waiting_.front()), {}};
  waiting_.pop_front();
  lock.unlock();
  std::exception_ptr failure;
  try {
    next.outcome = fetch_(next.file, stop_.get_token());
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (failure) {
    failure_ = failure;
    stop_.request_stop();
  } else {
    ended_.push_back(std::move(next));
  }
  changed_.notify_all();
  return !failure;
}

}  // namespace nexus_mirror::files
