// Writing rows of `changes`: what a sync found different, as JSON. change_feed.h reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "objects/row_batch.h"
#include "store/database.h"

namespace nexus_mirror::store {

// Of which sync a change is, and when it was found.
struct SyncMoment {
  std::int64_t sync_id;  // 0 = of none: a job that was asked for between syncs
  std::int64_t now_ms;
};

// From the rows of `changes` and the mirror as it is, every earlier state can be had by going back.
// So a value is written in a way that reads back as exactly what the table held:
//
//   columns that hold JSON   the JSON itself, embedded as it is stored, to the byte
//   columns that may (any)   the same where the text is a list or object as the mirror writes it;
//                            else a JSON string, also for text that merely begins with a bracket
//   numbers                  shortest form; 3.0 in a column of any number keeps its point
//   links                    what is before their '?'; when they die is left out
//   lists of the row         under ChildList::key; items without more than a name as their names
//
// The caller's transaction holds the row and its change together. One thread at a time; all throw
// as Database does.
class ChangeLog {
 public:
  explicit ChangeLog(Database& database);

  void inserted(const SyncMoment& moment, const objects::RowBatch& rows, std::size_t index);
  // `before` holds one row. `changed` are columns and child lists as TableWriter::compare numbers
  // them.
  void updated(const SyncMoment& moment, const objects::RowBatch& before,
               const objects::RowBatch& after, std::size_t index,
               const std::vector<std::size_t>& changed);
  // The only row of `before`.
  void deleted(const SyncMoment& moment, const objects::RowBatch& before);
  // The first complete listing of a project's rows of one kind came to `rows` rows.
  void loaded(const SyncMoment& moment, const objects::Table& table, const std::string& project_id,
              std::int64_t rows);

  // The content of an asset was another, or is gone with the asset (`after` empty): SHA-256.
  void content_changed(const SyncMoment& moment, const std::string& asset_id,
                       const std::string& project_id, const std::string& before,
                       const std::string& after);

  // The last change that the sync, or one before it, found; 0 = there is none. Jobs that were asked
  // for between syncs belong to the one before them no more than to the one behind.
  std::int64_t end_of_sync(std::int64_t sync_id);
  // The first sync of which a change is here.
  std::optional<std::int64_t> oldest_sync();
  // Drops all changes up to `seq`.
  void forget(std::int64_t seq);

 private:
  void write(const SyncMoment& moment, const objects::Table& table, const objects::Cell& id,
             const objects::Cell& project, std::string_view op, const std::string& before,
             const std::string& after);

  Database& database_;
  Statement insert_;
};

}  // namespace nexus_mirror::store
