// What a test wants annotation exports to come to instead of the right archives.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace nexus_mirror::emulator {

// Any thread may call any method.
class ArchivePlan {
 public:
  // From now on every archive has these bytes.
  void replace(std::string bytes) {
    auto planned = std::make_shared<const std::string>(std::move(bytes));
    const std::lock_guard lock(mutex_);
    planned_ = std::move(planned);
  }

  // From now on every export whose operation is finished has this state of its own and no link.
  void set_status(std::string status) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    planned_ = nullptr;
    status_.clear();
  }

  // Empty = the operation's.
  std::string status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  // nullptr = the right archive.
  std::shared_ptr<const std::string> planned() const {
    const std::lock_guard lock(mutex_);
    return planned_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> planned_;  // guarded by mutex_, as is the next one
  std::string status_;
};

}  // namespace nexus_mirror::emulator
