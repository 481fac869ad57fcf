// The versions of a mirror's schema (PRAGMA user_version) and the way from each to the newest.
#pragma once

#include <string>

#include "store/database.h"

namespace nexus_mirror::store {

// Brings `database` to the newest version in one transaction, so that one which is killed or runs
// out of room changes nothing: creates everything in an empty one; in an older one runs the
// numbered steps that it lacks, makes anew each table whose columns have changed (its rows keep
// their rowids), and then all indexes and views of its own; what users made for themselves stays.
// Throws Error(machine) for a newer one, and for a file with tables that are none of ours.
void migrate(Database& database);

// The newest version from nothing: tables, indexes and views.
std::string create_schema_sql();

}  // namespace nexus_mirror::store
