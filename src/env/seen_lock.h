// Whether somebody holds a lock, asked of the system.
#pragma once

#include <filesystem>

namespace nexus_mirror::env {

// Whether /proc/locks has a lock of FileLock's kind on `file`. Nothing is taken to find out: who
// starts just then would find it taken. False also where the holder lives in another container,
// whose locks are not shown. Any thread.
bool sees_lock(const std::filesystem::path& file);

}  // namespace nexus_mirror::env
