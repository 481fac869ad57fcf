// Giving the unused space of the mirror's file back (`nexus-mirror compact`).
//
// SQLite writes the whole file anew: into a temporary one beside it, from there into the -wal, and
// from the -wal into the file. Readers go on meanwhile, and a stop or a kill before its commit
// leaves all as it was. Rows may get other numbers, and PRAGMA schema_version is another one: a
// pass that is not finished begins anew by it (Indexes::layout()), and known pages of which the
// rows lie elsewhere are read as any other (known_pages.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "store/database.h"

namespace nexus_mirror::store {

struct CompactionRoom {
  std::filesystem::path folder;  // the mirror's, where all of it is written
  std::uint64_t bytes = 0;       // of the file
  std::uint64_t unused = 0;      // of these, in pages that hold nothing
  std::uint64_t needed = 0;      // at most, for a while
  std::uint64_t free = 0;        // on the disk
};

// Throws Error(machine), also where the disk does not say what is free.
CompactionRoom room_to_compact(Database& database);

// `database` is open to write and has no transaction. Who calls it holds the mirror's lock. Throws
// Error: machine, interrupted (`go_on` said no; it is asked many times a second).
void compact(Database& database, const std::function<bool()>& go_on);

}  // namespace nexus_mirror::store
