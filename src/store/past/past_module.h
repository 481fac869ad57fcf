// The virtual tables of past_table.h as SQLite calls them.
#pragma once

struct sqlite3_module;

namespace nexus_mirror::store {

// For sqlite3_create_module_v2() with a PastTables as its data. "CREATE VIRTUAL TABLE temp.x USING
// past" shows its table x. Constant; any thread.
const sqlite3_module& past_module();

}  // namespace nexus_mirror::store
