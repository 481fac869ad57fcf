// The indexes, and the triggers that count, of tables that a first load fills without them
// (Storage::bulk), and what tells that somebody else has changed the mirror's layout.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "objects/table.h"
#include "store/database.h"

namespace nexus_mirror::store {

// One thread at a time; all throw as Database does. What drop() and make() do is part of the
// caller's transaction; when that is undone, forget() is to be called.
class Indexes {
 public:
  explicit Indexes(Database& database);

  // Whether the table or one of its lists lacks an index.
  bool away(const objects::Table& table);
  // Whether it is the first listing of the project to fill the table without them: then no row of
  // the project is there, for nothing was when they were put away.
  bool fills_first(const objects::Table& table, const std::string& project_id) {
    return filled_.emplace(&table, project_id).second;
  }
  std::vector<const objects::Table*> all_away();
  void drop(const objects::Table& table);
  // Makes what is away, and counts anew: only rows of a project where the others' counts hold.
  void make(const objects::Table& table, const std::optional<std::string>& only_counted);
  void forget() noexcept { known_ = false; }

  // PRAGMA schema_version as it is.
  std::int64_t layout();
  // The same, as it would be if nobody but these calls had changed it since the mirror was opened.
  // VACUUM numbers rows anew and changes it; so do other programs that make tables.
  std::int64_t known_layout();

 private:
  void look();
  void changed();

  Database& database_;
  Statement read_layout_;
  bool known_ = false;  // what follows is as the database has it
  std::set<const objects::Table*> away_;
  std::int64_t layout_ = 0;
  std::set<std::pair<const objects::Table*, std::string>> filled_;
};

}  // namespace nexus_mirror::store
