// One state of the mirror, however long it is read: what exports are made from.
//
// An export reads a project several times over: its images to give them an order and names, then
// each with its annotations for all formats at once, its tables for the lossless one. All of it has
// to be of one state, or numbers and files disagree. A read transaction gives that and keeps nobody
// from writing: in WAL mode what is written meanwhile stands behind what this one sees. The price
// is a WAL that cannot be taken in before the transaction ends, so a snapshot lives as long as one
// project's export.
//
// Whatever has to be sorted or remembered per image goes into temporary tables on the same
// connection (image_places.h, made_files.h), where it can be joined with the mirror's rows; SQLite
// keeps them in files beyond 3 MiB, so memory does not grow with the project.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "store/database.h"
#include "store/past/as_of.h"

namespace nexus_mirror::store {

class Past;

// A read transaction on a connection of its own, which can change nothing in the mirror. It may
// have temporary tables, which SQLite keeps in a file when they grow. What the sync writes
// meanwhile is not seen. One thread at a time; all throw Error: machine, and interrupted (see
// Database::watch).
class Snapshot {
 public:
  explicit Snapshot(const MirrorFile& file);
  // As the mirror was, of a project or, where that is empty, of all; nothing was exported from it,
  // and no file kept (store/past/past_files.h shows these). Throws what Past throws.
  Snapshot(const MirrorFile& file, const AsOf& as_of, const std::string& project_id);
  ~Snapshot();

  // A statement that reads the mirror, or reads or writes temporary tables. Ends before this does.
  Statement prepare(std::string_view sql) { return database_.prepare(sql); }
  void execute(const std::string& sql) { database_.execute(sql); }
  void watch(std::function<bool()> go_on) { database_.watch(std::move(go_on)); }

  // What is kept in memory so far is not needed soon.
  void give_memory_back() { database_.give_memory_back(); }

  Database& database() { return database_; }

 private:
  Database database_;
  std::unique_ptr<Past> past_;
};

}  // namespace nexus_mirror::store
