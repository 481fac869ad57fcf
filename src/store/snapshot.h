// One state of the mirror, however long it is read: what exports are made from.
#pragma once

#include <functional>
#include <string_view>

#include "store/database.h"

namespace nexus_mirror::store {

// A read transaction on a connection of its own, which can change nothing in the mirror. It may
// have temporary tables, which SQLite keeps in a file when they grow. What the sync writes
// meanwhile is not seen. One thread at a time; all throw Error: mirror, and interrupted (see
// Database::watch).
class Snapshot {
 public:
  explicit Snapshot(const MirrorFile& file);

  // A statement that reads the mirror, or reads or writes temporary tables. Ends before this does.
  Statement prepare(std::string_view sql) { return database_.prepare(sql); }
  void execute(const std::string& sql) { database_.execute(sql); }
  void watch(std::function<bool()> go_on) { database_.watch(std::move(go_on)); }

  Database& database() { return database_; }

 private:
  Database database_;
};

}  // namespace nexus_mirror::store
