#include "store/item_scan.h"

#include <algorithm>

#include "store/database.h"

namespace nexus_mirror::store {

using objects::Cell;
using objects::ChildList;
using objects::RowBatch;

namespace {

constexpr std::size_t kMostFilterBytes = 4 << 20;
constexpr int kParent = 1, kProject = 2, kItems = 3;  // columns of the scan

std::string key_of(std::string_view parent, std::string_view project) {
  return std::string(parent) + '\n' + std::string(project);
}

}  // namespace

bool ItemScan::suits(const ChildList& list) {
  return list.table->storage == objects::Storage::bulk && !list.ordered &&
         list.table->project != list.table->parent_key;
}

ItemScan::ItemScan(Database& database, const ChildList& list, const std::string& items)
    : database_(database),
      table_(list.table->name),
      columns_("rowid, " + std::string(list.table->parent_key) + ", " +
               std::string(list.table->project)),
      order_(std::string(list.table->parent_key) + ", " + std::string(list.table->project) + ", " +
             std::string(objects::item_field(list, 0)->column)),
      next_(database.prepare("SELECT " + columns_ + ", " + items + " FROM " + table_ +
                             " WHERE rowid > ? ORDER BY rowid")) {}

void ItemScan::learn() {
  Statement rows = database_.prepare("SELECT ifnull(max(rowid), 0) FROM " + table_);
  rows.step();
  has_items_.emplace(std::max<std::int64_t>(rows.integer(0), 0), kMostFilterBytes);
  together_ = true;
  Statement select =
      database_.prepare("SELECT " + columns_ + " FROM " + table_ + " ORDER BY " + order_);
  std::string parent, project;  // of the item before
  std::optional<std::int64_t> rowid;
  while (together_ && select.step()) {
    if (rowid && select.text(kParent) == parent && select.text(kProject) == project) {
      together_ = select.integer(0) == *rowid + 1;
    } else {
      parent = select.text(kParent);
      project = select.text(kProject);
      has_items_->add(key_of(parent, project));
    }
    rowid = select.integer(0);
  }
}

void ItemScan::step() {
  if (at_ == At::nowhere) {
    next_.reset();
    next_.bind(1, place_);
  }
  at_ = next_.step() ? At::row : At::end;
}

bool ItemScan::at(const Cell& parent, const Cell& project) const {
  return at_ == At::row && next_.text(kParent) == parent.text() &&
         next_.text(kProject) == project.text();
}

bool ItemScan::read(RowBatch& rows, std::size_t list, const Cell& parent, const Cell& project) {
  if (!together_) return false;
  if (at_ == At::nowhere) step();
  if (!at(parent, project)) {
    return !has_items_->may_contain(key_of(parent.text(), project.text()));
  }
  misses_ = 0;
  const std::size_t columns = rows.children(list).columns;
  do {
    place_ = next_.integer(0);
    Cell* item = rows.add_item(list);
    for (std::size_t c = 0; c < columns; ++c) {
      const Cell cell = next_.column(kItems + static_cast<int>(c));
      item[c] = cell.type == Cell::Type::text ? rows.text(cell.text()) : cell;
    }
    step();
  } while (at(parent, project));
  return true;
}

void ItemScan::found(std::int64_t rowid) {
  constexpr int kMostMisses = 8;
  if (++misses_ < kMostMisses) return;
  misses_ = 0;
  place_ = rowid;
  leave();
}

void ItemScan::note(const Cell& parent, const Cell& project) {
  if (has_items_) has_items_->add(key_of(parent.text(), project.text()));
  place_ = kStart;  // they may lie where others were that the scan had passed
}

void ItemScan::leave() {
  next_.reset();
  at_ = At::nowhere;
}

}  // namespace nexus_mirror::store
