// The images and models that are kept, after the passes of a sync.
#pragma once

#include <stop_token>

#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/store.h"
#include "sync/sync.h"
#include "update/run_update.h"

namespace nexus_mirror::update {

// Fetches what is missing (files::sync_files). What goes wrong is in `result` and the log: what
// becomes of its result and exit is said in CONTRACT.md 8.5 and 8.6. Under the mirror's lock, on
// the store's thread; throws nothing that is not to end the sync.
void fetch_files(const Config& config, const UpdateRequest& request, Env& env,
                 sync::Observer& observer, const std::stop_token& stop, sync::SyncResult& result,
                 store::Store& store);

}  // namespace nexus_mirror::update
