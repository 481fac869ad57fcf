#include "files/leftover_content.h"

#include <algorithm>
#include <utility>

#include "content/content_folder.h"
#include "nexus_mirror/error.h"

namespace nexus_mirror::files {

LeftoverContent::LeftoverContent(std::filesystem::path dir, std::function<void()> moved)
    : dir_(std::move(dir)), moved_(std::move(moved)) {}

void LeftoverContent::add(const std::vector<std::string>& sha256s) {
  for (const std::string& sha256 : sha256s) {
    const auto bytes = content::content_bytes(dir_, sha256);
    if (leftovers_.size() == kMost || !bytes) continue;
    UnreferredContent& leftover = leftovers_.emplace_back();
    leftover.bytes = *bytes;
    std::copy_n(sha256.begin(), leftover.sha256.size(), leftover.sha256.begin());
  }
  std::stable_sort(
      leftovers_.begin(), leftovers_.end(),
      [](const UnreferredContent& a, const UnreferredContent& b) { return a.bytes < b.bytes; });
}

bool LeftoverContent::any_of(std::uint64_t bytes) const {
  const auto found = std::lower_bound(
      leftovers_.begin(), leftovers_.end(), bytes,
      [](const UnreferredContent& one, std::uint64_t wanted) { return one.bytes < wanted; });
  return found != leftovers_.end() && found->bytes == bytes;
}

std::optional<content::ContentHashes> LeftoverContent::find(std::uint64_t bytes,
                                                            std::string_view md5,
                                                            const std::function<bool()>& go_on) {
  std::array<char, 24> wanted = {};
  if (md5.size() != wanted.size()) return std::nullopt;
  std::copy(md5.begin(), md5.end(), wanted.begin());
  auto leftover = std::lower_bound(
      leftovers_.begin(), leftovers_.end(), bytes,
      [](const UnreferredContent& one, std::uint64_t size) { return one.bytes < size; });
  for (; leftover != leftovers_.end() && leftover->bytes == bytes; ++leftover) {
    {
      const std::lock_guard lock(mutex_);
      if (leftover->is_read && leftover->md5 != wanted) continue;
    }
    const std::string sha256(leftover->sha256.begin(), leftover->sha256.end());
    std::optional<content::ContentHashes> hashes;
    try {
      hashes = content::hash_file(content::content_path(dir_, sha256), [&] {
        if (moved_) moved_();
        return !go_on || go_on();
      });
      if (!hashes) return std::nullopt;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::machine) throw;
    }
    const bool is_sound = hashes && hashes->sha256 == sha256;
    const std::lock_guard lock(mutex_);
    leftover->is_read = true;
    leftover->md5 = {};
    if (is_sound) std::copy(hashes->md5.begin(), hashes->md5.end(), leftover->md5.begin());
    if (is_sound && leftover->md5 == wanted) return hashes;
  }
  return std::nullopt;
}

}  // namespace nexus_mirror::files
