// The versions of a mirror's schema (PRAGMA user_version) and the way from each to the newest.
#pragma once

#include <functional>
#include <string>

#include "store/database.h"

namespace nexus_mirror::store {

// Brings `database` to the newest version in one transaction, so that one which is killed or runs
// out of room changes nothing: creates everything in an empty one; in an older one runs the
// numbered steps that it lacks, makes anew each table whose columns have changed (its rows keep
// their rowids), and then all indexes and views of its own; what users made for themselves stays.
// An older one is rewritten: how long that takes is logged, and its folder must have the room
// (migration_run.h). `go_on` as MirrorFile::while_migrating. Throws Error: machine for a newer one,
// a file with tables that are none of ours, and where there is no room; interrupted.
void migrate(Database& database, const std::function<bool()>& go_on);

// The newest version from nothing: tables, indexes and views.
std::string create_schema_sql();

}  // namespace nexus_mirror::store
