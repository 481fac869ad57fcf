// Archives made by hand, honest and hostile ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nexus_mirror::testing {

struct ArchiveEntry {
  enum class Type { file, folder, symlink, hardlink, device, pipe };
  std::string name;
  std::string bytes = {};  // of a file; of a link, where it leads
  Type type = Type::file;
  unsigned mode = 0600;
  std::int64_t hole = 0;  // tar: the file ends in so many zeros that take no room
};

enum class ArchiveForm { zip, tar, tar_gz };

std::string archive_of(ArchiveForm form, const std::vector<ArchiveEntry>& entries);
inline std::string zip_of(const std::vector<ArchiveEntry>& entries) {
  return archive_of(ArchiveForm::zip, entries);
}

}  // namespace nexus_mirror::testing
