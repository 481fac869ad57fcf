// What the parts of a Store share: the database, the statements made so far, the transaction under
// way and the sync that it belongs to.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "nexus_mirror/error.h"
#include "store/change_log.h"
#include "store/database.h"
#include "store/indexes.h"
#include "store/table_writer.h"

namespace nexus_mirror::store {

enum class Access { write, dry_run };  // dry_run compares and counts, and writes nothing

// One thread at a time; all throw as Database does.
class Session {
 public:
  class Transaction;

  Session(const MirrorFile& file, Access access);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool dry_run() const { return access_ == Access::dry_run; }
  Database& database() { return database_; }

  // The statement of `sql`, made at the first call; `sql` is a literal. Throws what a commit that
  // failed left behind (see flush()).
  Statement& statement(const char* sql);
  // Whether `sql`, with `text` as its only parameter, has a row.
  bool any(const char* sql, std::string_view text);
  // The writer of a table that has its indexes: where a first load has put them away, they are made
  // first, which may take minutes.
  TableWriter& writer(const objects::Table& table);
  // The writer of a table as it is, which can append and change rows by their rowid.
  TableWriter& appender(const objects::Table& table);
  // Error(interrupted) once go_on says no; see Indexes::make().
  void make_indexes(const objects::Table& table,
                    const std::optional<std::string>& only_counted = std::nullopt);
  Indexes& indexes() { return indexes_; }
  ChangeLog& changes() { return changes_; }

  // Asked again and again while something takes long; empty = nobody is.
  std::function<bool()> go_on;

  // The sync that changes are written for; 0 = none.
  std::int64_t sync_id = 0;
  std::int64_t now_ms = 0;        // of changes and checkpoints
  std::int64_t renew_before = 0;  // links that die before this (UNIX ms) are renewed

  // Commits the pages that wait for more of their kind. What goes wrong is thrown by the next call
  // of statement(), since the pages had been reported written.
  void flush() noexcept;
  void commit_pages();  // the same, and throws at once
  // Goes on after a commit that failed: what it took along is lost, and its error is known.
  void forget_failure();

 private:
  void check() const;

  const Access access_;
  Database database_;
  ChangeLog changes_;
  Indexes indexes_;
  std::map<const char*, Statement> statements_;
  std::map<const objects::Table*, std::unique_ptr<TableWriter>> writers_;
  bool in_transaction_ = false;  // inside a Transaction's scope
  int waiting_pages_ = 0;        // written but not committed
  // A commit failed, or a page took those before it along: pages that were reported written are
  // not. `failure_` says why where SQLite did.
  std::exception_ptr failure_;
  bool undone_ = false;
};

// One write transaction; rolled back unless committed. Inside another it is part of it.
//
// A page and the cursor behind it are one transaction: whoever is killed goes on at the cursor, and
// whoever reads sees whole pages. Neighbouring pages touch the same parts of the indexes, and
// together they write them once; so a page may leave its commit to the next one
// (commit_with_next_page): the transaction stays open, with whole pages in it, for at most
// kPagesTogether of them or until the writer has nothing to do (Session::flush). When one of them
// fails, all that wait are undone with it although they had been reported written; that is
// remembered, and the sync ends with it, for its cursors in memory are ahead of those on the disk.
class Session::Transaction {
 public:
  explicit Transaction(Session& session);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit();
  void commit_with_next_page();

 private:
  Session& session_;
  const bool outer_;
  bool committed_ = false;
};

}  // namespace nexus_mirror::store
