#include "sync/listing_progress.h"

namespace nexus_mirror::sync {

void ListingProgress::page_written() {
  {
    const std::lock_guard lock(mutex_);
    ++state_.pages;
  }
  moved_.notify_all();
}

void ListingProgress::end(bool whole) {
  {
    const std::lock_guard lock(mutex_);
    state_.ended = true;
    state_.whole = whole;
  }
  moved_.notify_all();
}

ListingProgress::State ListingProgress::wait_for(std::int64_t pages, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, stop, [&] { return state_.ended || state_.pages >= pages; });
  return state_;
}

}  // namespace nexus_mirror::sync
