// What a result of SQLite means for the user: said once, for all of store/.
#pragma once

#include <string>

#include "store/database.h"

namespace nexus_mirror::store {

struct SqliteFailure {
  int code;             // extended result code of SQLite
  int system_error;     // errno of the call behind it; of use where `code` speaks of the system
  std::string message;  // SQLite's own text
  std::string path;     // the mirror's file
  Use use;
  bool opening;  // else it was open
  bool users;    // the SQL is the user's own
};

// Throws Error: machine, interrupted, and usage for SQL of the user's that does not run.
[[noreturn]] void throw_sqlite(const SqliteFailure& failure);

}  // namespace nexus_mirror::store
