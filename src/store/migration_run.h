// An older mirror while it is brought up: whether the disk has the room, what is said of it
// meanwhile, and whether it is to go on.
#pragma once

#include <cstdint>
#include <functional>

#include "store/database.h"

namespace nexus_mirror::store {

// One thread. Lives within the migration's transaction, and watches the database while it lives.
class MigrationRun {
 public:
  // Throws Error(machine) when the mirror's disk has less room than rewriting it may take: nothing
  // is changed then. Logs what is about to happen where that is more than moments. `go_on` is asked
  // again and again (MirrorFile::while_migrating); may be empty.
  MigrationRun(Database& database, int from, int to, const std::function<bool()>& go_on);
  ~MigrationRun();
  MigrationRun(const MigrationRun&) = delete;
  MigrationRun& operator=(const MigrationRun&) = delete;

  // All is rewritten; logs how long that took.
  void done();

 private:
  bool tick();

  Database& database_;
  const int to_;
  const std::function<bool()>& go_on_;
  const bool worth_telling_;
  const std::int64_t begun_ms_;
  std::int64_t told_ms_;
};

}  // namespace nexus_mirror::store
