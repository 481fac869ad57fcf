#include "store/table_writer.h"

#include <algorithm>
#include <limits>

#include "store/column_sql.h"
#include "store/row_blob.h"
#include "text/joined.h"
#include "text/signed_link.h"

namespace nexus_mirror::store {
namespace {

using objects::Cell;
using objects::ChildList;
using objects::RowBatch;
using objects::Table;

// A page that comes in another order is looked up after so many rows.
constexpr int kMostMisses = 8;

std::string key_sql(const Table& table) {
  return text::joined(table.key, " AND ", [&](std::string_view column) {
    const std::string name(column);  // a nullable one as its unique index spells it
    return column == table.nullable_key ? "ifnull(" + name + ", '') = ifnull(?, '')"
                                        : name + " = ?";
  });
}

std::string update_sql(const Table& table) {
  return "UPDATE " + std::string(table.name) + " SET " +
         text::joined(table.fields, " = ?, ", &objects::Field::column) +
         (table.has_extra ? " = ?, extra" : "") + " = ? WHERE rowid = ?";
}

// Of the parent, ids being of a project: " WHERE asset_id = ? AND project_id = ?".
std::string of_parent_sql(const Table& child) {
  const std::string parent(child.parent_key), project(child.project);
  return " WHERE " + parent + " = ?" + (project == parent ? "" : " AND " + project + " = ?");
}

std::string item_columns_sql(const ChildList& list) {
  std::string sql;
  for (std::size_t i = 0; const objects::Field* field = objects::item_field(list, i); ++i) {
    sql.append(field->column).append(", ");
  }
  return sql + "extra";
}

}  // namespace

TableWriter::TableWriter(Database& database, const Table& table)
    : database_(database), table_(table), columns_(table.columns()), current_(table) {
  const std::string name(table.name), columns = columns_sql(table);
  insert_ = database.prepare("INSERT INTO " + name + "(" + columns + ") VALUES(" +
                             placeholders(columns_) + ") ON CONFLICT DO NOTHING");
  find_ =
      database.prepare("SELECT rowid, " + columns + " FROM " + name + " WHERE " + key_sql(table));
  load_ = database.prepare("SELECT rowid, " + columns + " FROM " + name + " WHERE rowid = ?");
  if (table.storage != objects::Storage::key) {
    next_ = database.prepare("SELECT rowid, " + columns + " FROM " + name +
                             " WHERE rowid > ? ORDER BY rowid");
  }
  update_ = database.prepare(update_sql(table));
  remove_ = database.prepare("DELETE FROM " + name + " WHERE rowid = ?");
  for (const std::string_view column : table.key) key_.push_back(table.at(column));
  id_ = table.column(table.id);
  project_ = table.column(table.project);
  link_ = table.column(table.link);
  expiry_ = table.column(table.link_expiry);
  for (const ChildList& list : table.children) {
    const std::string child(list.table->name), items = item_columns_sql(list);
    const std::string parent(list.table->parent_key), project(list.table->project);
    ChildStatements& statements = children_.emplace_back();
    statements.by_project = project != parent;
    const std::size_t count =
        objects::item_columns(list) + 1 + (statements.by_project ? 1 : 0) + (list.ordered ? 1 : 0);
    statements.insert = database.prepare("INSERT INTO " + child + "(" + parent + ", " +
                                         (statements.by_project ? project + ", " : "") + items +
                                         (list.ordered ? ", position" : "") + ") VALUES(" +
                                         placeholders(count) + ")");
    const std::string where = of_parent_sql(*list.table);
    statements.remove = database.prepare("DELETE FROM " + child + where);
    if (ItemScan::suits(list)) statements.scan = std::make_unique<ItemScan>(database, list, items);
    statements.select =
        database.prepare("SELECT " + (statements.scan ? "rowid, " + items : items) + " FROM " +
                         child + where + " ORDER BY " + (list.ordered ? "position" : items));
  }
  for (const Table::Dependent& dependent : table.dependents) {
    dependents_.push_back(database.prepare("DELETE FROM " + std::string(dependent.table) +
                                           " WHERE project_id = ? AND " +
                                           std::string(dependent.key) + " = ?"));
  }
}

std::int64_t TableWriter::insert(const RowBatch& rows, std::size_t index) {
  const std::int64_t rowid = insert_row(rows.row(index));
  for (std::size_t list = 0; rowid != 0 && list < children_.size(); ++list) {
    remove_items(list, rows.row(index));  // of a row that somebody else deleted
    insert_items(rows, index, list);
  }
  return rowid;
}

std::int64_t TableWriter::append(const RowBatch& rows, std::size_t index) {
  const std::int64_t rowid = insert_row(rows.row(index));
  for (std::size_t list = 0; list < children_.size(); ++list) insert_items(rows, index, list);
  return rowid;
}

std::int64_t TableWriter::insert_row(const Cell* row) {
  ResetGuard guard(insert_);
  for (std::size_t i = 0; i < columns_; ++i) insert_.bind(static_cast<int>(i) + 1, row[i]);
  insert_.step();
  return database_.changed_rows() == 0 ? 0 : database_.last_rowid();
}

void TableWriter::insert_items(const RowBatch& rows, std::size_t index, std::size_t list) {
  const objects::ChildRows& child = rows.children(list);
  Statement& insert = children_[list].insert;
  const bool ordered = table_.children[list].ordered;
  const std::size_t begin = child.begin_of(index), end = child.end_of(index);
  if (ItemScan* scan = children_[list].scan.get(); scan != nullptr && begin < end) {
    scan->note(rows.row(index)[id_], rows.row(index)[project_]);
  }
  for (std::size_t i = begin; i < end; ++i) {
    const Cell* item = child.item(i);
    int parameter = bind_parent(list, insert, rows.row(index));
    for (std::size_t c = 0; c < child.columns; ++c) insert.bind(parameter++, item[c]);
    if (ordered) insert.bind(parameter, static_cast<std::int64_t>(i - begin));
    insert.run();
  }
}

// Returns the number of the next parameter.
int TableWriter::bind_parent(std::size_t list, Statement& statement, const Cell* parent) const {
  statement.bind(1, parent[id_]);
  if (!children_[list].by_project) return 2;
  statement.bind(2, parent[project_]);
  return 3;
}

void TableWriter::remove_items(std::size_t list, const Cell* parent) {
  Statement& remove = children_[list].remove;
  bind_parent(list, remove, parent);
  remove.run();
}

std::int64_t TableWriter::find(const RowBatch& rows, std::size_t index) {
  ResetGuard guard(find_);
  for (std::size_t i = 0; i < key_.size(); ++i) {
    find_.bind(static_cast<int>(i) + 1, rows.row(index)[key_[i]]);
  }
  if (!find_.step()) return 0;
  read_current(find_);
  return find_.integer(0);
}

std::int64_t TableWriter::load(std::int64_t rowid) {
  ResetGuard guard(load_);
  load_.bind(1, rowid);
  if (!load_.step()) return 0;
  read_current(load_);
  return rowid;
}

void TableWriter::follow(std::int64_t rowid) {
  place_ = rowid;
  scan_ = Scan::none;
  misses_ = next_ ? 0 : kMostMisses;
}

std::int64_t TableWriter::find_next(const RowBatch& rows, std::size_t index) {
  if (misses_ < kMostMisses) {
    if (scan_ == Scan::none) {
      next_.reset();
      next_.bind(1, place_);
      scan_ = Scan::behind_row;
    }
    if (scan_ == Scan::behind_row) scan_ = next_.step() ? Scan::at_row : Scan::at_end;
    if (scan_ == Scan::at_row && at_key_of(rows.row(index))) {
      misses_ = 0;
      ++in_order_;
      scan_ = Scan::behind_row;
      place_ = next_.integer(0);
      view_current(next_);
      return place_;
    }
    ++misses_;
  }
  const std::int64_t rowid = find(rows, index);
  if (rowid != 0) {
    place_ = rowid;
    scan_ = Scan::none;
  }
  return rowid;
}

void TableWriter::leave() {
  next_.reset();
  scan_ = Scan::none;
  for (const ChildStatements& list : children_) {
    if (list.scan) list.scan->leave();
  }
}

std::string TableWriter::digest_of(const RowRuns& runs) {
  RowDigest digest;
  scan_ = Scan::none;
  for (const RowRun& run : runs) {
    ResetGuard guard(next_);
    next_.bind(1, run.first - 1);
    for (std::int64_t i = 0; i < run.rows; ++i) {
      if (!next_.step() || next_.integer(0) != run.first + i) return {};
      for (std::size_t c = 0; c < columns_; ++c) digest.add(next_.column(static_cast<int>(c) + 1));
    }
  }
  return digest.take();
}

bool TableWriter::at_key_of(const Cell* row) const {
  return std::all_of(key_.begin(), key_.end(), [&](std::size_t column) {
    return next_.column(static_cast<int>(column) + 1) == row[column];
  });
}

// Its text stays where the statement has it.
void TableWriter::view_current(Statement& statement) {
  current_.reset();
  current_.add_row();
  for (std::size_t i = 0; i < columns_; ++i) {
    current_.last(i) = statement.column(static_cast<int>(i) + 1);
  }
  read_lists(true);
}

void TableWriter::read_current(Statement& statement) {
  current_.reset();
  current_.add_row();
  for (std::size_t i = 0; i < columns_; ++i) {
    const Cell cell = statement.column(static_cast<int>(i) + 1);
    current_.last(i) = cell.type == Cell::Type::text ? current_.text(cell.text()) : cell;
  }
  read_lists(false);
}

void TableWriter::read_lists(bool in_order) {
  constexpr std::int64_t kEnoughToLearn = 1000;  // rows; of fewer, lists are soon looked up
  for (std::size_t list = 0; list < children_.size(); ++list) {
    ItemScan* const scan = children_[list].scan.get();
    const Cell* row = current_.row(0);
    if (in_order && scan != nullptr) {
      if (in_order_ >= kEnoughToLearn && !scan->learned()) scan->learn();
      if (scan->read(current_, list, row[id_], row[project_])) continue;
    }
    look_items_up(list);
  }
}

void TableWriter::look_items_up(std::size_t list) {
  ItemScan* const scan = children_[list].scan.get();
  const int begin = scan != nullptr ? 1 : 0;
  Statement& select = children_[list].select;
  ResetGuard guard(select);
  bind_parent(list, select, current_.row(0));
  std::optional<std::int64_t> last;
  while (select.step()) {
    if (scan != nullptr) last = select.integer(0);
    Cell* item = current_.add_item(list);
    for (std::size_t c = 0; c < current_.children(list).columns; ++c) {
      const Cell cell = select.column(begin + static_cast<int>(c));
      item[c] = cell.type == Cell::Type::text ? current_.text(cell.text()) : cell;
    }
  }
  if (last) scan->found(*last);
}

Difference TableWriter::compare(const RowBatch& rows, std::size_t index, std::int64_t renew_before,
                                std::vector<std::size_t>& changed) {
  changed.clear();
  const Cell* offered = rows.row(index);
  const Cell* stored = current_.row(0);
  for (std::size_t i = 0; i < columns_; ++i) {
    const auto column = static_cast<int>(i);
    if (column == expiry_ || offered[i] == stored[i]) continue;
    const bool is_link = column == link_ && !stored[i].null();
    if (is_link && text::same_link(stored[i].text(), offered[i].text())) continue;
    changed.push_back(i);
  }
  bool renew = false;
  if (link_ >= 0) {
    keep_link_ =
        std::find(changed.begin(), changed.end(), static_cast<std::size_t>(link_)) == changed.end();
    const Cell &dies = stored[expiry_], &lives = offered[expiry_];
    // One that does not say when it dies is renewed for whoever wants all renewed.
    const bool unknown_dies =
        !lives.null() || renew_before == std::numeric_limits<std::int64_t>::max();
    const bool dying = dies.null() ? unknown_dies : dies.integer <= renew_before;
    renew = keep_link_ && dying && !(stored[link_] == offered[link_] && dies == lives);
    keep_link_ = keep_link_ && !renew;
  }
  for (std::size_t list = 0; list < children_.size(); ++list) {
    const objects::ChildRows& ours = current_.children(list);
    const objects::ChildRows& theirs = rows.children(list);
    const std::size_t begin = theirs.begin_of(index), count = theirs.end_of(index) - begin;
    const bool same = count == ours.end_of(0) &&
                      std::equal(ours.cells.begin(), ours.cells.end(), theirs.item(begin));
    if (!same) changed.push_back(columns_ + list);
  }
  if (!changed.empty()) return Difference::update;
  return renew ? Difference::renew_link : Difference::none;
}

void TableWriter::update(const RowBatch& rows, std::size_t index, std::int64_t rowid,
                         const std::vector<std::size_t>& changed) {
  const Cell* row = rows.row(index);
  {
    ResetGuard guard(update_);
    for (std::size_t i = 0; i < columns_; ++i) {
      const auto column = static_cast<int>(i);
      const bool keep = keep_link_ && (column == link_ || column == expiry_);
      update_.bind(column + 1, keep ? current_.row(0)[i] : row[i]);
    }
    update_.bind(static_cast<int>(columns_) + 1, rowid);
    update_.step();
  }
  for (const std::size_t column : changed) {
    if (column < columns_) continue;
    remove_items(column - columns_, row);
    insert_items(rows, index, column - columns_);
  }
}

void TableWriter::remove(std::int64_t rowid) {
  const Cell* row = current_.row(0);
  for (std::size_t list = 0; list < children_.size(); ++list) remove_items(list, row);
  for (Statement& dependent : dependents_) {
    dependent.bind(1, row[project_]).bind(2, row[id_]).run();
  }
  remove_.bind(1, rowid).run();
}

}  // namespace nexus_mirror::store
