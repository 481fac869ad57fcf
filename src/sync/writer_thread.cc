#include "sync/writer_thread.h"

#include "env/thread.h"

namespace nexus_mirror::sync {

WriterThread::WriterThread(store::Store& store)
    : store_(store), thread_(start_thread("writes the mirror", [this] { work(); })) {}

WriterThread::~WriterThread() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void WriterThread::enqueue(StoreCall task) {
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void WriterThread::work() {
  for (;;) {
    StoreCall task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task(store_);
    task = nullptr;
    std::unique_lock lock(mutex_);
    const bool idle = queue_.empty();
    lock.unlock();
    if (idle) store_.flush();
  }
}

}  // namespace nexus_mirror::sync
