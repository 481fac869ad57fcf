// The objects of one kind in one project, in the order of their keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/record.h"

namespace nexus_mirror::emulator {

// Objects that are computed from their index when they are asked for, so that millions of them
// take no memory. Immutable; any thread may call any method.
class GeneratedRecords {
 public:
  virtual ~GeneratedRecords() = default;
  virtual std::uint32_t size() const = 0;
  // Keys grow with the index.
  virtual void key(std::uint32_t index, std::string& out) const = 0;
  virtual void record(std::uint32_t index, Record& out) const = 0;
  virtual void facets(std::uint32_t index, Facets& out) const = 0;
  // Indexes of the records whose parent is `parent`.
  virtual std::vector<std::uint32_t> children(std::string_view parent) const = 0;
};

// Not synchronised: the catalog's lock guards it.
class RecordList {
 public:
  RecordList() = default;
  explicit RecordList(std::shared_ptr<const GeneratedRecords> generated);

  std::size_t size() const { return order_.size(); }

  // The record at `position`; `scratch` lends its memory for a generated one, and the result is
  // valid as long as both.
  const Record& at(std::size_t position, Record& scratch) const;
  const Facets& facets_at(std::size_t position, Facets& scratch) const;

  std::optional<std::size_t> find(std::string_view key) const;

  // Positions, ascending, of the records with that parent.
  std::vector<std::size_t> children(std::string_view parent) const;

  // Inserts, or replaces the record of the same key. Returns whether it replaced one.
  bool put(Record record);
  bool erase(std::string_view key);

  // Appends without looking for the place; sort() must follow. The last of equal keys wins.
  void append(Record record);
  void sort();

 private:
  // A slot below generated_size_ is an index of generated_, any other one an entry of stored_.
  using RecordSlot = std::uint32_t;
  std::string_view key_of(RecordSlot slot, std::string& scratch) const;
  std::size_t lower_bound(std::string_view key) const;
  RecordSlot store(Record record);
  void release(RecordSlot slot);

  std::shared_ptr<const GeneratedRecords> generated_;
  RecordSlot generated_size_ = 0;
  std::vector<RecordSlot> order_;
  std::vector<Record> stored_;
  std::vector<RecordSlot> free_;  // released entries of stored_
  std::unordered_map<std::string, std::vector<RecordSlot>> children_;  // of stored_, by parent
};

}  // namespace nexus_mirror::emulator
