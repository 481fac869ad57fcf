#include "env/real_path.h"

#include <system_error>

namespace nexus_mirror::env {

namespace fs = std::filesystem;

fs::path real_path(const fs::path& path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::error_code failure;
  fs::path at = fs::absolute(path, failure);
  for (int i = 0; !failure && i <= kMostLinks; ++i) {
    // Folders that are missing yet are kept as they are named.
    const fs::path folder = fs::weakly_canonical(at.parent_path(), failure);
    if (failure) break;
    at = folder / at.filename();
    std::error_code no_link;
    const fs::path target = fs::read_symlink(at, no_link);
    if (no_link) return at;
    at = folder / target;
  }
  return path;
}

}  // namespace nexus_mirror::env
