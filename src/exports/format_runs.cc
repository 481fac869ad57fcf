#include "exports/format_runs.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "env/thread.h"

namespace nexus_mirror::exports {
namespace {

constexpr std::size_t kAhead = 2;

}  // namespace

std::string_view ImageBatch::keep(std::string_view text) {
  if (text.empty()) return {};
  bytes_ += text.size();
  auto* const kept = static_cast<char*>(arena_.allocate(text.size(), 1));
  std::memcpy(kept, text.data(), text.size());
  return {kept, text.size()};
}

template <typename T>
std::span<const T> ImageBatch::keep(std::span<const T> values) {
  static_assert(std::is_trivially_destructible_v<T>);
  if (values.empty()) return {};
  bytes_ += values.size_bytes();
  auto* const kept = static_cast<T*>(arena_.allocate(values.size_bytes(), alignof(T)));
  std::uninitialized_copy(values.begin(), values.end(), kept);
  return {kept, values.size()};
}

void ImageBatch::add(const ImageRow& row) {
  bytes_ += sizeof row;
  ImageRow& kept = rows_.emplace_back(row);
  Image& image = kept.image;
  for (std::string_view* text :
       {&image.asset_id, &image.name, &image.stem, &image.mime_type, &image.content, &kept.filename,
        &kept.custom_metadata, &kept.status}) {
    *text = keep(*text);
  }
  for (std::string_view& id : kept.unknown) id = keep(id);
  for (std::string_view& id : kept.without_frame) id = keep(id);
  if (row.annotations.empty()) return;
  bytes_ += row.annotations.size_bytes();
  auto* const annotations =
      static_cast<Annotation*>(arena_.allocate(row.annotations.size_bytes(), alignof(Annotation)));
  std::uninitialized_copy(row.annotations.begin(), row.annotations.end(), annotations);
  for (std::size_t i = 0; i < row.annotations.size(); ++i) {
    annotations[i].id = keep(annotations[i].id);
    annotations[i].points = keep(annotations[i].points);
  }
  kept.annotations = {annotations, row.annotations.size()};
}

void ImageBatch::clear() {
  rows_.clear();
  arena_.release();
  bytes_ = 0;
}

FormatRuns::FormatRuns(std::function<void()> meanwhile, std::size_t most)
    : meanwhile_(std::move(meanwhile)), most_(most), filling_(std::make_unique<ImageBatch>()) {}

FormatRuns::~FormatRuns() { end_workers(); }

void FormatRuns::add(const Format& format, const Project& project, const FormatSettings& settings,
                     FileSet& files) {
  runs_.emplace_back(format, project, settings, files);
}

void FormatRuns::take(const ImageRow& row) {
  filling_->add(row);
  if (filling_->bytes() >= most_) dispatch();
}

void FormatRuns::dispatch() {
  meanwhile_();
  if (!start_workers()) return run_here();
  wait_until(kAhead, false);
  std::unique_ptr<ImageBatch> spare;
  {
    const std::lock_guard lock(mutex_);
    std::size_t needed = first_ + batches_.size();
    for (const Worker& worker : workers_) needed = std::min(needed, worker.done);
    for (; first_ < needed; ++first_) {
      spare = std::move(batches_.front());
      batches_.pop_front();
    }
    batches_.push_back(std::move(filling_));
    changed_.notify_all();
  }
  if (spare) spare->clear();
  filling_ = spare ? std::move(spare) : std::make_unique<ImageBatch>();
}

bool FormatRuns::start_workers() {
  if (no_threads_) return false;
  if (!workers_.empty()) return true;
  const std::lock_guard lock(mutex_);
  const std::size_t most = std::max(4U, std::thread::hardware_concurrency());
  const std::size_t count = std::min(runs_.size(), most);
  for (std::size_t i = 0; i < count; ++i) workers_.emplace_back();
  try {
    for (std::size_t i = 0; i < count; ++i) {
      workers_[i].thread = start_thread("writes an export", [this, i] { work(i); });
    }
  } catch (...) {
    no_threads_ = true;  // slower, and nothing else
  }
  if (!no_threads_) return true;
  abandoned_ = true;
  return false;
}

void FormatRuns::work(std::size_t index) {
  std::unique_lock lock(mutex_);
  std::vector<FormatRun*> ours;
  for (std::size_t i = index; i < runs_.size(); i += workers_.size()) ours.push_back(&runs_[i]);
  Worker& self = workers_[index];
  try {
    for (;;) {
      changed_.wait(lock,
                    [&] { return abandoned_ || closed_ || self.done < first_ + batches_.size(); });
      if (abandoned_) break;
      const bool any = self.done < first_ + batches_.size();
      const ImageBatch* const batch = any ? batches_[self.done - first_].get() : nullptr;
      lock.unlock();
      if (batch) {
        for (const ImageRow& row : batch->rows()) {
          for (FormatRun* const run : ours) run->take(row);
        }
      } else {
        for (FormatRun* const run : ours) run->finish();
      }
      lock.lock();
      if (!batch) break;
      ++self.done;
      changed_.notify_all();
    }
  } catch (...) {
    if (!lock.owns_lock()) lock.lock();
    self.failure = std::current_exception();
  }
  self.ended = true;
  changed_.notify_all();
}

void FormatRuns::wait_until(std::size_t ahead, bool ended) {
  constexpr std::chrono::milliseconds kOften{200};
  std::unique_lock lock(mutex_);
  const auto reached = [&] {
    const auto failed = [](const Worker& worker) { return worker.failure != nullptr; };
    if (std::any_of(workers_.begin(), workers_.end(), failed)) return true;
    return std::all_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
      if (worker.ended) return true;
      return !ended && worker.done + ahead >= first_ + batches_.size();
    });
  };
  while (!changed_.wait_for(lock, kOften, reached)) {
    lock.unlock();
    meanwhile_();
    lock.lock();
  }
  for (const Worker& worker : workers_) {
    if (worker.failure) std::rethrow_exception(worker.failure);
  }
}

void FormatRuns::run_here() {
  for (const ImageRow& row : filling_->rows()) {
    for (FormatRun& run : runs_) run.take(row);
  }
  filling_->clear();
}

void FormatRuns::orphan(std::string_view annotation_id) {
  if (!threaded()) {
    run_here();
  } else {
    if (!filling_->rows().empty()) dispatch();
    wait_until(0, false);
  }
  for (FormatRun& run : runs_) run.orphan(annotation_id);
}

void FormatRuns::finish() {
  if (!threaded()) {
    run_here();
    for (FormatRun& run : runs_) run.finish();
    return;
  }
  dispatch();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  wait_until(0, true);
}

void FormatRuns::end_workers() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

}  // namespace nexus_mirror::exports
