// Archives of a server, unpacked without trusting a byte of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace nexus_mirror::exports {

// What an archive may hold at most. The ratio is the usual guard against bombs: annotations pack
// well (text that repeats itself), a hundredfold is beyond any of them.
struct UnpackLimits {
  std::int64_t entries = 2'000'000;    // files and folders
  std::int64_t bytes = 64LL << 30;     // of all files
  std::int64_t ratio = 100;            // bytes of files, 512 more for each, per byte of the archive
  std::int64_t ratio_free = 64 << 20;  // that do not count, for small archives
};

struct Unpacked {
  std::int64_t files = 0, bytes = 0;
};

// Unpacks `archive` (zip, tar, tar.gz) and puts it in place as folder `target`, whose parent must
// exist; the one that was there is replaced whole, so a reader finds the old one or the new one.
// Files are 0644, folders 0755, whatever the archive says. What is no file or folder (links,
// devices), leads outside, is there twice, breaks a limit or is damaged makes the archive refused
// as a whole, and `target` stays as it was. Until then everything is in a folder of the same
// parent, ".<name>.unpacking", which a later call for the same target clears; one call per target
// at a time. Throws Error: bad_response (refused), machine (the disk), interrupted.
Unpacked unpack(const std::filesystem::path& archive, const std::filesystem::path& target,
                const std::stop_token& stop, const UnpackLimits& limits = {});

}  // namespace nexus_mirror::exports
