// One state of the mirror, however long it is read: what exports are made from.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "store/statement.h"

namespace SQLite {
class Database;
}

namespace nexus_mirror::store {

// A read transaction on a connection of its own, which can change nothing in the mirror. It may
// have temporary tables, which SQLite keeps in a file when they grow. What the sync writes
// meanwhile is not seen. One thread at a time; all throw Error(mirror).
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

  // Until unwatch(), `moved` (which throws nothing; may be empty) is called often while a statement
  // is at work, and after `stop` is requested the statement ends with Error(interrupted).
  void watch(std::stop_token stop, std::function<void()> moved);
  void unwatch();

 private:
  static int at_work(void* snapshot);

  std::string path_;
  std::unique_ptr<SQLite::Database> database_;
  std::stop_token stop_;
  std::function<void()> moved_;
};

}  // namespace nexus_mirror::store
