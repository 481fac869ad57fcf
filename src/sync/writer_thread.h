// The one thread that uses the Store, and the queue to it.
//
// SQLite has one writer at a time: several would wait for each other inside it, each with
// statements of its own. So the Store needs no lock, and jobs of all projects take turns here, one
// page after the other. Between two of them a transaction may be open with whole pages in it, which
// the next page joins (Session::Transaction); when no job waits it is committed, for the next page
// may be seconds away and readers want to see what is there. Should that commit fail there is no
// job to tell: the next one throws it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "store/store.h"

namespace nexus_mirror::sync {

// Any thread may call run() and post(). Jobs run in the order in which they came; what a job
// throws reaches its future.
class WriterThread {
 public:
  // Throws Error(machine) when no thread is left.
  explicit WriterThread(store::Store& store);
  ~WriterThread();  // after the jobs that wait
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  template <typename Job>
  auto post(Job job) {
    using Result = std::invoke_result_t<Job&, store::Store&>;
    auto task = std::make_shared<std::packaged_task<Result(store::Store&)>>(std::move(job));
    std::future<Result> result = task->get_future();
    enqueue([task](store::Store& store) { (*task)(store); });
    return result;
  }

  template <typename Job>
  auto run(Job job) {
    return post(std::move(job)).get();
  }

 private:
  using StoreCall = std::function<void(store::Store&)>;
  void enqueue(StoreCall task);
  void work();

  store::Store& store_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<StoreCall> queue_;  // guarded by mutex_
  bool ending_ = false;          // guarded by mutex_
  std::thread thread_;
};

}  // namespace nexus_mirror::sync
