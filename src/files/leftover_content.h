// Content that no row refers to any more and that lies in its folder still: of a project that was
// taken out of [files] and is put back, of an asset that was removed and is uploaded again. It is
// known by the size and the MD5 that the storage says, and need not be fetched (CONTRACT.md 8.7).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/content_digest.h"

namespace nexus_mirror::files {

class LeftoverContent {
 public:
  // `dir` is the folder of content. `moved` is called while content is read; any thread.
  explicit LeftoverContent(std::filesystem::path dir, std::function<void()> moved = {});

  // Before the first question: these SHA-256, as far as they lie in the folder. Beyond kMost they
  // are not taken, and are fetched once more.
  void add(const std::vector<std::string>& sha256s);
  static constexpr std::size_t kMost = 100'000;  // some 100 bytes each

  // Any thread from here on.
  bool empty() const { return leftovers_.empty(); }
  // Whether there is any of so many bytes.
  bool any_of(std::uint64_t bytes) const;
  // The content that has so many bytes and this MD5 (Base64). What comes into question is read;
  // once `go_on` says no it is none, and so is what cannot be read or is damaged.
  std::optional<content::ContentHashes> find(std::uint64_t bytes, std::string_view md5,
                                             const std::function<bool()>& go_on);

 private:
  struct UnreferredContent {
    std::uint64_t bytes = 0;
    std::array<char, 64> sha256 = {};
    bool is_read = false;
    std::array<char, 24> md5 = {};  // once it is read; none: not to be used
  };

  const std::filesystem::path dir_;
  const std::function<void()> moved_;
  std::mutex mutex_;
  std::vector<UnreferredContent> leftovers_;  // by size; of each, is_read and md5 by mutex_
};

}  // namespace nexus_mirror::files
