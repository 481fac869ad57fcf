// A folder for one test.
#pragma once

#include <filesystem>

namespace nexus_mirror::testing {

// Made in the system's folder for such, for its owner alone (mode 0700), by its path without
// symbolic links; gone with the object, with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace nexus_mirror::testing
