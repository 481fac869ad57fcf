// Room on a disk that content is written to: never less than `min_free` is left (CONTRACT.md 8.5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>

namespace nexus_mirror::content {

// Any thread may call any method; those that look at the disk throw Error(machine).
class DiskRoom {
 public:
  // `folder` is there; `min_free` in bytes.
  DiskRoom(std::filesystem::path folder, std::uint64_t min_free);

  // Takes `bytes` that are to be written; false, and nothing is taken, where they would leave less
  // than `min_free`. What others write meanwhile is seen by the next call.
  bool reserve(std::uint64_t bytes);
  // So much of what was reserved has been written, or will not be.
  void settle(std::uint64_t bytes);

  // Bytes that may still be reserved now.
  std::uint64_t left();

 private:
  std::uint64_t left_now() const;

  const std::filesystem::path folder_;
  const std::uint64_t min_free_;
  std::mutex mutex_;
  std::uint64_t reserved_ = 0;  // and not written yet; guarded by mutex_
};

}  // namespace nexus_mirror::content
