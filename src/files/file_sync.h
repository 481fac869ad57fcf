// Bringing the kept images and models up to date: what a sync does after its passes (CONTRACT.md
// 8).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "nexus_mirror/error.h"
#include "nexus_mirror/transport.h"
#include "store/store.h"
#include "sync/sync.h"

namespace nexus_mirror::files {

struct FileSyncRequest {
  std::vector<std::string> project_ids;     // files of these alone; empty = all
  std::chrono::milliseconds time_limit{0};  // no further file is begun after it; 0 = none
  bool adopt = false;                       // also into the folder of another mirror
};

struct FileSyncReport {
  sync::FilesResult files;
  TransferCount asked;           // of the API, for links
  std::optional<Error> no_room;  // what does not fit above min_free
  std::vector<std::string>
      failures;  // of files that failed for the first time, one line each; a few
  std::optional<Error> unreachable;  // why no further file was tried
  bool out_of_time = false;
  bool stopped = false;
};

// Fetches what is due, and removes content that nothing has referred to for keep_unused. The caller
// holds the mirror's lock, and this is the store's thread. What is wrong with a file, or the
// storage, is in the report; throws Error: machine (the disk or the mirror), usage (the folder is
// another mirror's).
FileSyncReport sync_files(const Config& config, const FileSyncRequest& request, Env& env,
                          sync::Observer& observer, const std::stop_token& stop,
                          store::Store& store);

}  // namespace nexus_mirror::files
