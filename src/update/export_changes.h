// The exports that follow a sync, under its lock.
#pragma once

#include <stop_token>

#include "exports/exports.h"
#include "nexus_mirror/config.h"
#include "nexus_mirror/env.h"
#include "store/store.h"
#include "sync/sync.h"

namespace nexus_mirror::update {

// Exports the projects of `result` that are whole, as far as they changed. What goes wrong is in
// the result, whose `exports` gets the files that were written. With `adopt` an export directory of
// another mirror is taken over. Throws nothing else.
void export_changes(const Config& config, bool adopt, Env& env, sync::Observer& observer,
                    const std::stop_token& stop, sync::SyncResult& result, store::Store& store);

// The same for the model links alone, of projects that have been exported.
void export_links(const Config& config, Env& env, sync::Observer& observer,
                  const std::stop_token& stop, sync::SyncResult& result, store::Store& store);

// What an export tells of itself, as an observer is told.
sync::ExportProgress progress_of(const exports::ExportStep& step);

}  // namespace nexus_mirror::update
