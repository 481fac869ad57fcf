// Dropping a project, or one of its assets, from everything that the mirror holds (CONTRACT.md 1,
// `forget`), its part of the history among it.
//
// The rows go in one transaction, in pieces of bounded memory; what was deleted is overwritten
// (secure_delete). SQLite leaves copies of cells that it moved between pages: for nothing to be
// left in the file it is to be compacted, too. What lies on the disk goes behind the commit, and
// what is still to go stands in the mirror: content as content_leftovers that no pause holds
// (kForgottenSince), exports as ExportMark::forgotten. So whoever comes after a kill ends it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/session.h"

namespace nexus_mirror::store {

// `since` of a leftover that goes at once, whatever keep_unused says.
inline constexpr std::int64_t kForgottenSince = std::numeric_limits<std::int64_t>::min();

// A project as somebody may call it.
struct ForgettableProject {
  std::string id, name, workspace_id, workspace_name;
  bool removed = false;   // gone from its workspace
  bool exported = false;  // into export_dir
};

struct Forgettable {
  std::string project_id;
  std::string asset_id = {};  // empty = the project as a whole
};

struct ForgettableRows {
  std::string table;
  std::int64_t rows = 0;  // at least 1
};

// What would go. Content counts once, where no row of anything else has it.
struct ForgettableSum {
  std::vector<ForgettableRows> tables;  // of CONTRACT.md 3, in its order
  std::int64_t rows = 0;                // in these
  std::int64_t files = 0, bytes = 0;    // content
};

// All throw as `database` does.

// By name, then id.
std::vector<ForgettableProject> forgettable_projects(Database& database);
// Ids of the projects that have an asset of this id, or had it as far as the history knows.
std::vector<std::string> projects_of_asset(Database& database, const std::string& asset_id);
ForgettableSum count_forgettable(Database& database, const Forgettable& what);

// One thread at a time; throws as Database does, interrupted once Session::go_on says no: then
// nothing was dropped.
class Forgetting {
 public:
  explicit Forgetting(Session& session) : session_(session) {}

  // All in one transaction. The indexes are made. The feed of changes has one row of each from then
  // on, of `op` forget.
  void drop(const std::vector<Forgettable>& all);

 private:
  void remember_reach();
  void leave_content_over(const Forgettable& what);
  void drop_project(const std::string& id);
  void drop_asset(const Forgettable& asset);
  void drop_annotations(const Forgettable& asset);
  void drop_by_rowid(const std::string& table, const std::string& which, const Forgettable& what);
  void drop_along_table(const std::string& table, const Forgettable& what);
  void run(const std::string& sql, const Forgettable& what);
  void tell(const Forgettable& what);

  Session& session_;
};

}  // namespace nexus_mirror::store
