// The rows of a table that have changed since a moment, as they were then.
//
// From the mirror as it is one gets back by undoing changes, newest first (change_log.h). What was
// done to one row is undone together: its changes are sorted by it, it is read once, taken back in
// memory and written once. So a question costs the changes since, whatever the mirror weighs.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "objects/table.h"
#include "store/database.h"
#include "store/value.h"

namespace nexus_mirror::store {

// What link columns show: the link of now, none where the row is gone; or what the feed tells of
// the link of then, which is without its query, as exports write it.
enum class PastLinks { now, then };

// Makes and fills, for tables whose changes name their rows, and for their lists:
//
//   temp.then_<table>(row, was, <columns>)     rows that have changed; `was` 0: there was none
//   temp.then_<table>_rows(row)                those of them that are there now
//   temp.then_<list>(row, was, <columns>)      items of the lists that have
//   temp.then_<list>_of(parent, project_id)    whose lists these are
//   temp.then_unloaded(entity, project_id)     kinds that had no complete listing yet: all was
//   empty
//
// One thread at a time; all throw as Database does, and Error(machine) for a change that is none.
class PastRows {
 public:
  // `project_id` empty = of all projects.
  PastRows(Database& database, std::int64_t seq, std::string project_id, PastLinks links);
  ~PastRows();
  PastRows(const PastRows&) = delete;
  PastRows& operator=(const PastRows&) = delete;

  // Undoes what happened to `tables`, once each; lists come with their parents.
  void undo(const std::set<const objects::Table*>& tables);

  // Whether anything in it was other than it is. Only of what undo() has been asked for.
  bool differs(const objects::Table& table) const;
  // Whether projects had no complete listing of it.
  bool unloaded(const objects::Table& table);

 private:
  class Undone;
  struct Change;

  void find_unloaded();
  Undone& undone(const objects::Table& table);

  Database& database_;
  const std::int64_t seq_;
  const std::string project_id_;
  const PastLinks links_;
  std::map<const objects::Table*, std::unique_ptr<Undone>> undone_;
  std::set<std::pair<std::string, std::string>> unloaded_;  // entity, project
};

}  // namespace nexus_mirror::store
