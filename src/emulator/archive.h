// The archive that a finished annotation export is downloaded as.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus_mirror::emulator {

struct ArchivedFile {
  std::string_view name, bytes;
};

// A zip file of `files`, in their order; the same bytes for the same files.
std::string zipped(const std::vector<ArchivedFile>& files);

}  // namespace nexus_mirror::emulator
