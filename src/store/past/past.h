// The mirror as it was when a sync had ended, on a connection of its own: every table and view of
// CONTRACT.md 3 by its own name (section 9 there says what is as it is now).
//
// What has changed since is built, in temporary tables (past_rows.h), and only for what is asked
// for; all else is read where it lies (past_table.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "store/past/as_of.h"
#include "store/past/past_rows.h"
#include "store/past/past_table.h"

namespace nexus_mirror::store {

// One thread at a time; all throw as Database does.
class Past {
 public:
  // `database` reads one state and goes on doing so (a transaction), may have temporary tables, and
  // outlives this, and is asked for nothing once this has gone. From now on a name of a table means
  // the past, once fill() has been told of it. `project_id` not empty: rows of other projects may
  // be of now. Throws Error(usage) where the history does not reach back so far any more.
  Past(Database& database, const AsOf& as_of, std::string project_id = {},
       PastLinks links = PastLinks::now);
  ~Past();
  Past(const Past&) = delete;
  Past& operator=(const Past&) = delete;

  // Builds what has changed in these tables, those that views show and that counts are of among
  // them. Other names mean nothing here.
  void fill(const std::set<std::string>& names);
  void fill_all();

  // From now on nothing has been exported, and of the kinds of a project those that had been
  // fetched whole by then are.
  void hide_exports();

  // Whether a statement is its own, which sees the present: for an authorizer.
  bool inside() const { return tables_.inside(); }
  // Whether main.<name> is not as it was, as far as is known.
  bool hides(std::string_view name) const { return hidden_.contains(name); }
  // Tables, views and counts that have a past.
  std::set<std::string> names() const;
  // The root pages of the tables, and of their indexes, that are not as they were, by their table.
  std::map<std::int64_t, std::string> hidden_pages();

 private:
  void settle(const objects::Table& table);
  void show_copy(const objects::Table& table, const std::string& as_it_was, bool differs);

  Database& database_;
  const AsOf as_of_;
  PastTables tables_;
  std::unique_ptr<PastRows> rows_;
  std::set<std::string, std::less<>> hidden_;
  std::set<std::string, std::less<>> filled_;
};

}  // namespace nexus_mirror::store
