// What a test wants downloads of archives to be instead of the right ones.
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

  void clear() {
    const std::lock_guard lock(mutex_);
    planned_ = nullptr;
  }

  // nullptr = the right archive.
  std::shared_ptr<const std::string> planned() const {
    const std::lock_guard lock(mutex_);
    return planned_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const std::string> planned_;  // guarded by mutex_
};

}  // namespace nexus_mirror::emulator
