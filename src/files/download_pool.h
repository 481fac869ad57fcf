// Downloads in flight: files go in, what became of them comes out, in whatever order.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "files/fetcher.h"
#include "store/kept_files.h"

namespace nexus_mirror::files {

// A file that came to its end.
struct EndedFetch {
  store::DueFile file;
  FetchOutcome outcome;
};

// One thread owns it; the work is done on others, and on the owner's where none is to be had.
class DownloadPool {
 public:
  // Fetches one file; called on any thread. What it throws comes out of take().
  using Fetch = std::function<FetchOutcome(const store::DueFile&, const std::stop_token&)>;

  // Starts up to `most` threads.
  DownloadPool(std::size_t most, Fetch fetch, std::stop_token stop);
  ~DownloadPool();  // stops what is under way
  DownloadPool(const DownloadPool&) = delete;
  DownloadPool& operator=(const DownloadPool&) = delete;

  void add(store::DueFile file);
  // Files that went in and have not come out.
  std::size_t inside() const { return inside_; }
  // Those that nobody has begun are given back as stopped.
  void abandon();
  // Waits for the next that ends, 100 ms at most. Throws what Fetch did.
  std::optional<EndedFetch> take();

 private:
  void work(const std::stop_token& ended);
  bool run_one(std::unique_lock<std::mutex>& lock);

  const Fetch fetch_;
  std::stop_source stop_;  // of the downloads
  const std::stop_callback<std::function<void()>> passed_on_;
  std::size_t inside_ = 0;  // the owner's
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<store::DueFile> waiting_;  // guarded by mutex_, like the next two
  std::deque<EndedFetch> ended_;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace nexus_mirror::files
