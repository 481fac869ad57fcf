#include "objects/row_batch.h"

namespace nexus_mirror::objects {

RowBatch::RowBatch(const Table& table)
    : table_(&table),
      columns_(table.fields.size() + (table.has_extra ? 1 : 0)),
      children_(table.children.size()),
      arena_(std::make_unique<std::pmr::monotonic_buffer_resource>(16 * 1024)) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    children_[i].columns = item_columns(table.children[i]);
  }
}

void RowBatch::add_row() {
  ++rows_;
  cells_.resize(rows_ * columns_);
  for (ChildRows& child : children_) {
    child.ends.push_back(child.ends.empty() ? 0 : child.ends.back());
  }
}

void RowBatch::drop_row() { truncate(rows_ - 1); }

void RowBatch::reset() {
  truncate(0);
  arena_->release();
}

void RowBatch::truncate(std::size_t count) {
  rows_ = count;
  cells_.resize(rows_ * columns_);
  for (ChildRows& child : children_) {
    child.ends.resize(rows_);
    child.cells.resize((rows_ == 0 ? 0 : child.ends.back()) * child.columns);
  }
}

Cell RowBatch::text(std::string_view text) {
  if (text.empty()) return Cell::of(std::string_view(""));
  char* copy = static_cast<char*>(arena_->allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return Cell::of(std::string_view(copy, text.size()));
}

Cell* RowBatch::add_item(std::size_t list) {
  ChildRows& child = children_[list];
  child.cells.resize(child.cells.size() + child.columns);
  ++child.ends.back();
  return child.cells.data() + child.cells.size() - child.columns;
}

namespace {

// What an item does not say itself: whose it is, and its place.
bool is_given(const ChildList& list, const Field& field) {
  return field.column == list.table->parent_key || field.column == list.table->project ||
         (list.ordered && field.column == "position");
}

}  // namespace

std::size_t item_columns(const ChildList& list) {
  std::size_t columns = list.table->has_extra ? 1 : 0;
  for (const Field& field : list.table->fields) columns += is_given(list, field) ? 0 : 1;
  return columns;
}

const Field* item_field(const ChildList& list, std::size_t index) {
  for (const Field& field : list.table->fields) {
    if (is_given(list, field)) continue;
    if (index == 0) return &field;
    --index;
  }
  return nullptr;
}

}  // namespace nexus_mirror::objects
