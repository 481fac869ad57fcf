// One file from its link into the content store: asked for, resumed, checked (CONTRACT.md 8, 1 to
// 6). Nothing of it knows the mirror.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "content/content_store.h"
#include "content/disk_room.h"
#include "env/backoff.h"
#include "files/bandwidth.h"
#include "files/file_kind.h"
#include "files/leftover_content.h"
#include "files/storage_hosts.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror::files {

// A file that is wanted.
struct FetchOrder {
  std::string key;   // what an attempt of before is known by: whose file it is, and its link's base
  std::string link;  // signed: a secret
  FileKind kind = FileKind::other;
  // CRC-32C and MD5 of what is here: where the storage says that it has the same still,
  // nothing is fetched. Empty = nothing is here.
  std::string known_crc32c = {}, known_md5 = {};
  std::optional<std::uint64_t> said_bytes = {};  // by the server; none = it says nothing
};

enum class FetchEnd {
  fetched,    // sealed, or content that is here already
  left_over,  // it is here, as content that nothing referred to
  unchanged,  // what is here is what the storage has
  dead_link,  // the link has died: ask for another
  failed,     // it cannot be had now: `reason`
  no_room,    // it would leave too little free on the disk
  too_large,  // larger than max_file
  stopped,    // or the time is over, or its host was given up
};

struct FetchOutcome {
  FetchEnd end = FetchEnd::failed;
  content::ContentHashes content = {};  // of fetched, left_over
  std::string content_type = {}, etag = {};
  std::string reason = {};          // one line, without the link's query
  bool refused = false;             // stopped, since the server gives no links to this key
  bool missing = false;             // failed, and the storage knows no such file
  std::uint64_t missing_bytes = 0;  // of no_room, as far as the storage says
};

// What all downloads have in common. Constant but for what guards itself; outlives the fetcher.
struct FetchContext {
  FileTransport& transport;
  content::ContentStore& store;
  content::DiskRoom& room;
  Bandwidth& bandwidth;
  StorageHosts& hosts;
  Env& env;
  env::Backoff tries;                    // of answers that may be others next time
  std::atomic<std::uint64_t>& bytes;     // received so far, for progress
  std::uint64_t max_file = 0;            // bytes; 0 = no limit
  std::stop_token over = {};             // the time is over: see Cutoff
  LeftoverContent* leftovers = nullptr;  // may be none
};

// Fetches the file. Blocks; any thread. Throws Error(machine) alone: the disk failed.
FetchOutcome fetch(const FetchOrder& order, const FetchContext& context,
                   const std::stop_token& stop);

}  // namespace nexus_mirror::files
