// What of the content is wanted, and taking away what nothing refers to (CONTRACT.md 8.8).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "nexus_mirror/config.h"
#include "store/store.h"

namespace nexus_mirror::files {

// The files that the configuration wants, of the projects that the mirror has.
store::WantedFiles wanted_files(const Config& config,
                                const std::vector<store::KnownProject>& projects);

struct RemovedContent {
  std::int64_t files = 0, bytes = 0;
};

// Throws Error(machine) where content is kept in a folder of its own that is not there, or was not
// made by this mirror: its disk is not mounted, or it was moved. Beside the mirror, on one disk
// with it, a folder that is gone is one that somebody removed. Usage where it is another mirror's.
void check_content_dir(const Config& config, store::Database& mirror);

// Removes content that nothing has referred to for keep_unused, which where it is 0 is: never, and
// `by_hand` at once. By hand the folder is looked through for content that nobody knows, too. The
// caller holds the mirror's lock, and this is the store's thread. `go_on` (may be empty) is asked
// between two pieces: no = the rest stays for the next time. Throws Error(machine).
RemovedContent remove_unused(const Config& config, bool by_hand, std::int64_t now,
                             store::Store& store, const std::function<bool()>& go_on = {});

// Removes what the mirror's forgotten projects and assets had, where nothing else refers to it, and
// all that is on its way and lies there unfinished: of it nobody knows whose it is. The caller
// holds the mirror's lock, and this is the store's thread. Throws Error(machine).
RemovedContent remove_forgotten_content(const Config& config, std::int64_t now,
                                        store::Store& store);

// What that would remove now, by hand. Writes nothing and needs no lock.
RemovedContent find_unused(const Config& config, std::int64_t now);

}  // namespace nexus_mirror::files
