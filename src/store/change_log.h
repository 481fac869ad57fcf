// Rows of `changes`: what a sync found different, as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "objects/row_batch.h"
#include "store/statement.h"

namespace nexus_mirror::store {

// One thread at a time.
class ChangeLog {
 public:
  explicit ChangeLog(sqlite3* database);

  void inserted(std::int64_t sync_id, std::int64_t at, const objects::RowBatch& rows,
                std::size_t index);
  // `changed` are columns and child lists as TableWriter::compare numbers them.
  void updated(std::int64_t sync_id, std::int64_t at, const objects::RowBatch& before,
               const objects::RowBatch& after, std::size_t index,
               const std::vector<std::size_t>& changed);
  void deleted(std::int64_t sync_id, std::int64_t at, const objects::RowBatch& before);
  void loaded(std::int64_t sync_id, std::int64_t at, const objects::Table& table,
              const std::string& project_id, std::int64_t rows);

 private:
  void write(std::int64_t sync_id, std::int64_t at, const objects::Table& table,
             const objects::Cell& id, const objects::Cell& project, std::string_view op,
             const std::string& before, const std::string& after);

  Statement insert_;
};

}  // namespace nexus_mirror::store
