// One state of the mirror, however long it is read: what exports are made from.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "store/statement.h"

namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

// A read transaction on a connection of its own, which can change nothing in the mirror. It may
// have temporary tables, which SQLite keeps in a file when they grow. What the sync writes
// meanwhile is not seen. One thread at a time; all throw Error: mirror, and interrupted (see
// watch).
class Snapshot {
 public:
  explicit Snapshot(const std::filesystem::path& database);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // A statement that reads the mirror, or reads or writes temporary tables. Ends before this does.
  Statement prepare(const std::string& sql);
  // Runs statements without results, parted by ';'.
  void execute(const std::string& sql);

  // From now on `go_on` is asked again and again while statements run, many times a second. Once it
  // says false, the one that runs throws Error(interrupted), and so does each that comes after it.
  void watch(std::function<bool()> go_on);

 private:
  std::string path_;
  std::function<bool()> go_on_;  // before what calls it
  std::unique_ptr<SQLite::Database> database_;
};

}  // namespace nexus_mirror::store
