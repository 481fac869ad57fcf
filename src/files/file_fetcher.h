// A file of the queue through its links: the mirror's own, and a fresh one where that has died
// (CONTRACT.md 8.3).
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "files/fetcher.h"
#include "files/fresh_links.h"
#include "store/kept_files.h"

namespace nexus_mirror::files {

// Links that die sooner (ms) are not used.
inline constexpr std::int64_t kLinkMargin = 10'000;

// Whether the file's own link will do at `now` (UNIX ms).
bool has_usable_link(const store::DueFile& file, std::int64_t now);

// What an attempt at the file is known by (ContentStore), where it is asked for by `link`.
std::string attempt_key(const store::DueFile& file, const std::string& link);

// Any thread may call fetch().
class FileFetcher {
 public:
  // Both outlive it, and so does what `context` holds.
  FileFetcher(const FetchContext& context, FreshLinks& links) : context_(context), links_(links) {}

  // Blocks. Throws Error(machine) alone: the disk failed.
  FetchOutcome fetch(const store::DueFile& file, const std::stop_token& stop) const;

 private:
  FetchOutcome by_links(const store::DueFile& file, const std::stop_token& stop) const;
  FetchOutcome by(const store::DueFile& file, const std::string& link,
                  const std::stop_token& stop) const;
  std::optional<std::string> ask(const store::DueFile& file, const std::stop_token& stop) const;

  const FetchContext context_;
  FreshLinks& links_;
};

}  // namespace nexus_mirror::files
