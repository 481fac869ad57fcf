#include "content/disk_room.h"

#include <algorithm>
#include <utility>

#include "content/content_folder.h"
#include "env/file.h"

namespace nexus_mirror::content {

DiskRoom::DiskRoom(std::filesystem::path folder, std::uint64_t min_free)
    : folder_(std::move(folder)), min_free_(min_free) {}

// Under the mutex.
std::uint64_t DiskRoom::left_now() const {
  std::uint64_t free = 0;
  if (const int error = env::free_space(folder_, free); error != 0) {
    throw_file_error(error, "asking for the room on the disk of", folder_);
  }
  const std::uint64_t taken = min_free_ + reserved_;
  return free > taken ? free - taken : 0;
}

bool DiskRoom::reserve(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > left_now()) return false;
  reserved_ += bytes;
  return true;
}

void DiskRoom::settle(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  reserved_ -= std::min(bytes, reserved_);
}

std::uint64_t DiskRoom::left() {
  const std::lock_guard lock(mutex_);
  return left_now();
}

}  // namespace nexus_mirror::content
