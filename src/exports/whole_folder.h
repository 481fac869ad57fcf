// A folder that comes whole or not at all: filled beside its place, then exchanged with what is
// there.
#pragma once

#include <filesystem>

namespace nexus_mirror::exports {

// One thread. What goes wrong with the disk is thrown as Error(machine).
class WholeFolder {
 public:
  // Filled as ".<name>.<being_filled>" beside `target`; what a kill left there is removed.
  WholeFolder(const std::filesystem::path& target, const char* being_filled);
  ~WholeFolder();  // removes it, or what put_in_place() took away
  WholeFolder(const WholeFolder&) = delete;
  WholeFolder& operator=(const WholeFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  // What was there before goes with this object.
  void put_in_place();

 private:
  void remove() const;

  const std::filesystem::path target_, path_;
};

}  // namespace nexus_mirror::exports
