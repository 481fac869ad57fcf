// How many listings of a kind a sync has still to end.
#pragma once

#include <map>
#include <mutex>

#include "objects/table.h"

namespace nexus_mirror::sync {

// A table that first loads fill has its indexes made once, when no listing is to fill it any more;
// as soon as that is so, since others are waiting for the server then. Any thread may call it.
class ListingsAhead {
 public:
  void expect(const objects::Table& table) {
    const std::lock_guard lock(mutex_);
    ++left_[&table];
  }
  void ended(const objects::Table& table) {
    const std::lock_guard lock(mutex_);
    --left_[&table];
  }
  int left(const objects::Table& table) {
    const std::lock_guard lock(mutex_);
    return left_[&table];
  }

 private:
  std::mutex mutex_;
  std::map<const objects::Table*, int> left_;  // guarded by mutex_
};

}  // namespace nexus_mirror::sync
