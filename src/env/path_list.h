// Paths of files that were written, of which there may be as many as there are images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "env/file.h"

namespace nexus_mirror::env {

// In the order of add(). Beyond a megabyte they go to a file without a name in the folder for
// temporary files, or stay in memory where none can be made. One thread at a time.
class PathList {
 public:
  static constexpr std::size_t kMost = 1UL << 20;  // bytes in memory

  PathList() = default;
  explicit PathList(std::size_t most) : most_(most) {}

  void add(std::string_view path);
  void add(const PathList& others);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Throws Error(machine) where the file cannot be read any more.
  void for_each(const std::function<void(std::string_view path)>& take) const;

 private:
  void spill();

  std::size_t most_ = kMost;
  std::size_t size_ = 0;
  std::string waiting_;  // each with a NUL behind it
  Descriptor file_;      // holds those before
  std::uint64_t written_ = 0;
};

}  // namespace nexus_mirror::env
