// All formats of a project on their way: the caller's thread reads the images, and as many others
// as there are processors, at least four, write them, each some of the formats, so that these wait
// neither for the mirror nor for each other. Images go in batches, which bounds what is in memory;
// each format gets all of them in their order, so that its bytes are those that one thread would
// write. A project of one batch needs no threads, and where none is left the caller's does it all.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "exports/format_run.h"

namespace nexus_mirror::exports {

// Images that own what they refer to, but for the project's categories.
class ImageBatch {
 public:
  void add(const ImageRow& row);
  void clear();

  const std::vector<ImageRow>& rows() const { return rows_; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::string_view keep(std::string_view text);
  template <typename T>
  std::span<const T> keep(std::span<const T> values);

  std::pmr::monotonic_buffer_resource arena_;
  std::vector<ImageRow> rows_;
  std::size_t bytes_ = 0;
};

// take() for each image, orphan() for what is left over, finish(): all on one thread, which is
// where `meanwhile` is called, too, often. What a format throws, or `meanwhile`, ends them all and
// comes out of one of these calls.
class FormatRuns {
 public:
  static constexpr std::size_t kBatch = 192UL << 10;  // bytes

  // `most` bytes are in a batch, and about three batches on their way.
  explicit FormatRuns(std::function<void()> meanwhile, std::size_t most = kBatch);
  ~FormatRuns();  // what is not finished stays as it is
  FormatRuns(const FormatRuns&) = delete;
  FormatRuns& operator=(const FormatRuns&) = delete;

  // Before the first image.
  void add(const Format& format, const Project& project, const FormatSettings& settings,
           FileSet& files);

  void take(const ImageRow& row);
  void orphan(std::string_view annotation_id);
  void finish();

  const FormatRun& operator[](std::size_t index) const { return runs_[index]; }

 private:
  struct Worker {
    std::thread thread;
    std::size_t done = 0;  // batches
    bool ended = false;    // it is at its end, well or not
    std::exception_ptr failure;
  };

  bool threaded() const { return !workers_.empty() && !no_threads_; }
  void dispatch();
  bool start_workers();
  void work(std::size_t index);
  void run_here();
  // Waits until no worker has more than `ahead` batches to go, or each has ended.
  void wait_until(std::size_t ahead, bool ended);
  void end_workers();

  const std::function<void()> meanwhile_;
  const std::size_t most_;
  std::deque<FormatRun> runs_;
  std::unique_ptr<ImageBatch> filling_;
  bool no_threads_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_, but that each run belongs to its worker as soon as there is one:
  std::deque<Worker> workers_;
  std::deque<std::unique_ptr<ImageBatch>> batches_;  // those that somebody still needs
  std::size_t first_ = 0;                            // number of the first of them
  bool closed_ = false;                              // no more will come
  bool abandoned_ = false;                           // nobody wants the rest
};

}  // namespace nexus_mirror::exports
