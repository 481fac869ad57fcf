// Rows of the server's objects: compared with what comes, written, counted, removed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "objects/row_batch.h"
#include "store/project_row.h"
#include "store/row_counts.h"
#include "store/seen_rows.h"
#include "store/session.h"

namespace nexus_mirror::store {

// All throw as Database does.
class Tables {
 public:
  explicit Tables(Session& session) : session_(session) {}

  // Upserts rows that no listing decides on: workspaces, projects, rows asked for by id. Items of
  // the list `kept` (its place in Table::children) stay as they are where the row is here.
  RowCounts put(const objects::RowBatch& rows, std::optional<std::size_t> kept = std::nullopt);

  // Gives models that the mirror has the links of `models`; other columns wait for a sync.
  RowCounts renew_links(const objects::RowBatch& models);

  // Whether the first listing of the project's rows of this kind has reached its end: their changes
  // are told from then on.
  bool loaded(const std::string& project_id, const objects::Table& table);
  std::int64_t count(const objects::Table& table, const std::string& project_id);

  bool has_project(const std::string& project_id);
  std::vector<KnownProject> live_projects(const std::string& workspace_id);
  std::vector<KnownProject> all_projects(const std::string& workspace_id);  // those that went, too
  std::set<std::string, std::less<>> project_ids();
  void mark_removed(const std::string& project_id);

  // Jobs of the server that had not ended when they were asked for last.
  std::vector<std::string> open_operations(const std::string& project_id);

  // --- for listings and run logs, inside a transaction where they write ---
  // Counts what writing the rows would do and says which differ. Rows that are here are marked in
  // `seen`, which may be null; where the one marked last stands the next are looked for first.
  struct Comparison {
    RowCounts counts;
    std::vector<std::size_t> differing;  // their places in the batch
  };
  Comparison compare(const objects::RowBatch& rows, SeenRows* seen,
                     std::optional<std::size_t> kept = std::nullopt);
  // `tell`: changes are told. All rows are marked in `seen`.
  RowCounts write(const objects::RowBatch& rows, SeenRows* seen, bool tell);
  // The same of these rows alone.
  RowCounts write(const objects::RowBatch& rows, const std::vector<std::size_t>& differing,
                  SeenRows* seen, bool tell);
  // Removes rows by rowid, with what hangs on them, until `go_on` (may be empty) says false: then
  // throws Error(interrupted), and the transaction is to be undone.
  void remove(const objects::Table& table, const std::vector<std::int64_t>& rowids, bool tell,
              const std::function<bool()>& go_on);

 private:
  void write_row(const objects::RowBatch& rows, std::size_t index, SeenRows* seen, bool tell,
                 RowCounts& counts, std::optional<std::size_t> kept = std::nullopt);
  Difference difference(TableWriter& table, const objects::RowBatch& rows, std::size_t index,
                        std::optional<std::size_t> kept, std::vector<std::size_t>& changed);
  bool tells(const objects::RowBatch& rows, std::size_t index);
  void note_pending(const objects::RowBatch& rows, std::size_t index,
                    const std::vector<std::size_t>* changed);
  bool set_link(const objects::RowBatch& models, std::size_t index);

  Session& session_;
};

}  // namespace nexus_mirror::store
