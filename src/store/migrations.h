// The schema of a mirror and its versions (PRAGMA user_version).
#pragma once

#include <string>

namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

// The version that this build writes.
int latest_schema_version();

// Brings `database` to the latest version in one transaction: creates everything in an empty one,
// runs the steps in between in an older one. Throws Error(mirror) for a newer one, and for a file
// with tables that are none of ours.
void migrate(SQLite::Database& database);

// CREATE TABLE of every table, then indexes and views: the latest version from nothing.
std::string create_schema_sql();

}  // namespace nexus_mirror::store
