// How far the listing is whose rows another one asks by.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace nexus_mirror::sync {

// Any thread may call it.
class ListingProgress {
 public:
  struct State {
    std::int64_t pages = 0;  // that were written
    bool ended = false;
    bool whole = false;  // each row that the server has is here; once it has ended
  };

  void page_written();
  void end(bool whole);
  // Returns once there are `pages` or it has ended, or a stop was asked for.
  State wait_for(std::int64_t pages, const std::stop_token& stop);

 private:
  std::mutex mutex_;
  std::condition_variable_any moved_;
  State state_;  // guarded by mutex_
};

}  // namespace nexus_mirror::sync
