// Whole rows of any table, and of the lists inside its objects, with a cell for each field: what is
// needed to write the server's object again.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "objects/row_batch.h"
#include "objects/table.h"
#include "store/snapshot.h"

namespace nexus_mirror::store {

// One thread at a time; all throw as the snapshot does, before which this ends.
class WireRows {
 public:
  // Rows of a project by the columns `order`; in a table without project_id, of an id.
  WireRows(Snapshot& snapshot, const objects::Table& table,
           std::span<const std::string_view> order);
  // Items of a parent in the list's order; where it has none, by all fields.
  WireRows(Snapshot& snapshot, const objects::ChildList& list);

  // A cell each: Table::fields in order, of a list objects::item_field().
  const std::vector<const objects::Field*>& fields() const { return fields_; }

  // Begins with the rows of `owner`: the id of the project, or that of the parent, which is in
  // `project_id`. Both must stay until the last row.
  void select(std::string_view owner, std::string_view project_id = {});
  // False after the last row; not to be called again then, before select().
  bool next();

  // Of the row that next() went to; texts live until the next call.
  objects::Cell cell(std::size_t field) const { return query_.column(static_cast<int>(field)); }
  std::string_view extra() const { return query_.text(static_cast<int>(fields_.size())); }

 private:
  std::vector<const objects::Field*> fields_;
  bool by_project_ = false;  // the owner's id is one of a project
  Statement query_;
};

}  // namespace nexus_mirror::store
