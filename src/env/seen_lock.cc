#include "env/seen_lock.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

namespace nexus_mirror::env {

// By the number of the inode alone: of which device it is some file systems say otherwise to stat()
// than there.
bool sees_lock(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return false;
  const std::string inode = ":" + std::to_string(status.st_ino) + " ";
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (line.find(" FLOCK ") != std::string::npos && line.find(inode) != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace nexus_mirror::env
