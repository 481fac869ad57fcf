#include "emulator/record_list.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace nexus_mirror::emulator {

RecordList::RecordList(std::shared_ptr<const GeneratedRecords> generated)
    : generated_(std::move(generated)),
      generated_size_(generated_->size()),
      order_(generated_size_) {
  std::iota(order_.begin(), order_.end(), RecordSlot{0});
}

const Record& RecordList::at(std::size_t position, Record& scratch) const {
  const RecordSlot slot = order_[position];
  if (slot >= generated_size_) return stored_[slot - generated_size_];
  generated_->record(slot, scratch);
  return scratch;
}

const Facets& RecordList::facets_at(std::size_t position, Facets& scratch) const {
  const RecordSlot slot = order_[position];
  if (slot >= generated_size_) {
    const Record& record = stored_[slot - generated_size_];
    if (record.facets) return *record.facets;
    scratch = Facets{};
    return scratch;
  }
  generated_->facets(slot, scratch);
  return scratch;
}

std::string_view RecordList::key_of(RecordSlot slot, std::string& scratch) const {
  if (slot >= generated_size_) return stored_[slot - generated_size_].key;
  generated_->key(slot, scratch);
  return scratch;
}

std::size_t RecordList::lower_bound(std::string_view key) const {
  std::string scratch;
  const auto found = std::lower_bound(
      order_.begin(), order_.end(), key,
      [&](RecordSlot slot, std::string_view wanted) { return key_of(slot, scratch) < wanted; });
  return static_cast<std::size_t>(found - order_.begin());
}

std::optional<std::size_t> RecordList::find(std::string_view key) const {
  const std::size_t position = lower_bound(key);
  std::string scratch;
  if (position == order_.size() || key_of(order_[position], scratch) != key) return std::nullopt;
  return position;
}

std::vector<std::size_t> RecordList::children(std::string_view parent) const {
  std::vector<std::size_t> positions;
  std::string scratch;
  const auto add = [&](RecordSlot slot) {
    const std::optional<std::size_t> position = find(key_of(slot, scratch));
    if (position && order_[*position] == slot) positions.push_back(*position);
  };
  if (generated_) {
    for (const std::uint32_t index : generated_->children(parent)) add(index);
  }
  const auto stored = children_.find(std::string(parent));
  if (stored != children_.end()) {
    for (const RecordSlot slot : stored->second) add(slot);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

RecordList::RecordSlot RecordList::store(Record record) {
  RecordSlot slot = 0;
  const std::string parent = record.parent;
  if (free_.empty()) {
    slot = generated_size_ + static_cast<RecordSlot>(stored_.size());
    stored_.push_back(std::move(record));
  } else {
    slot = free_.back();
    free_.pop_back();
    stored_[slot - generated_size_] = std::move(record);
  }
  if (!parent.empty()) children_[parent].push_back(slot);
  return slot;
}

void RecordList::release(RecordSlot slot) {
  if (slot < generated_size_) return;
  Record& record = stored_[slot - generated_size_];
  const auto siblings = children_.find(record.parent);
  if (siblings != children_.end()) std::erase(siblings->second, slot);
  record = Record{};
  free_.push_back(slot);
}

bool RecordList::put(Record record) {
  const std::string key = record.key;
  const std::size_t position = lower_bound(key);
  std::string scratch;
  const bool replaces = position < order_.size() && key_of(order_[position], scratch) == key;
  if (replaces) release(order_[position]);
  const RecordSlot slot = store(std::move(record));
  if (replaces) {
    order_[position] = slot;
  } else {
    order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(position), slot);
  }
  return replaces;
}

bool RecordList::erase(std::string_view key) {
  const std::optional<std::size_t> position = find(key);
  if (!position) return false;
  release(order_[*position]);
  order_.erase(order_.begin() + static_cast<std::ptrdiff_t>(*position));
  return true;
}

void RecordList::append(Record record) { order_.push_back(store(std::move(record))); }

void RecordList::sort() {
  std::string left, right;
  const auto before = [&](RecordSlot a, RecordSlot b) {
    return key_of(a, left) < key_of(b, right);
  };
  if (!std::is_sorted(order_.begin(), order_.end(), before)) {
    std::stable_sort(order_.begin(), order_.end(), before);
  }
  std::vector<RecordSlot> unique;
  unique.reserve(order_.size());
  for (const RecordSlot slot : order_) {
    if (!unique.empty() && key_of(unique.back(), left) == key_of(slot, right)) {
      release(unique.back());
      unique.back() = slot;
    } else {
      unique.push_back(slot);
    }
  }
  order_ = std::move(unique);
}

}  // namespace nexus_mirror::emulator
