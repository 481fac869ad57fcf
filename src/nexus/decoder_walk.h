// One row being decoded: the inside of Decoder.
#pragma once

#include <simdjson.h>

#include "nexus/decoder.h"
#include "nexus/json_text.h"

namespace nexus_mirror::nexus {

// What the keys of one JSON object mean. A table's decoder is a tree of these, made from the paths
// of its fields: `metadata.fileSize` is entry `fileSize` inside entry `metadata` of the root. A row
// is one walk over what was sent, key by key; what stands on no path is unknown and goes to `extra`
// under the keys that lead to it.
//
// Each spelling of a field is an entry of its own; `rank` is its place among the field's paths. A
// walk remembers with which rank a column was filled: a better one takes it over, another value
// under a rank that is no better goes to `extra`. snake_case is a second name of the same entry,
// for a dialect spells all keys one way, and wants no rank.
//
// Keys are not hashed: an object has about a dozen, and servers send them in an order that is about
// the field list's. So each search begins behind the last hit (`hint`), and mostly ends there.
struct Decoder::Node {
  struct Entry {
    std::string key;     // camelCase
    std::string snake;   // snake_case, empty when the same
    int field = -1;      // column of the row (or of the item)
    int rank = 0;        // 0 = the preferred spelling
    int list = -1;       // child list whose items stand here
    bool merge = false;  // they add to items of the same name
    bool ignored = false;
    std::unique_ptr<Node> inside;
  };
  std::vector<Entry> entries;

  Entry& entry(std::string_view key);
  // The entry of `key`, looked for from `hint` on and then from the beginning; nullptr = unknown.
  const Entry* find(std::string_view key, std::size_t& hint) const;
};

// Thrown inside the decoder only: why a row cannot be read.
struct RowError {
  std::string reason;
};

class Decoder::Walk {
 public:
  Walk(const Decoder& decoder, objects::RowBatch& rows) : decoder_(decoder), rows_(rows) {}

  void object(const Node& node, const simdjson::dom::object& object, bool keep_unknown);
  void finish(const Context& context);
  // One item that adds to child list `list` of the last row.
  void merge(std::size_t list, const simdjson::dom::element& value);

 private:
  void take(const Node::Entry& entry, std::string_view key, const simdjson::dom::element& value);
  objects::Cell cell(const objects::Field& field, const simdjson::dom::element& value);
  objects::Cell text_cell(const objects::Field& field, const simdjson::dom::element& value);
  void items(const Node::Entry& entry, std::string_view key, const simdjson::dom::element& value);
  void items_now(int list, const simdjson::dom::array& array);
  void item(int list, objects::Cell* cells, const simdjson::dom::element& value);
  void item_object(int list, const Node& node, objects::Cell* cells,
                   const simdjson::dom::object& object, std::vector<std::string_view>& path,
                   ExtraKeys& extra);
  objects::Cell* named_item(int list, std::string_view name);
  void sort_items(std::size_t list);
  void decode_bound(const Bound& columns);
  void check_project(objects::Cell& project, const Context& context);

  const Decoder& decoder_;
  objects::RowBatch& rows_;
  std::vector<std::string_view> path_;
  ExtraKeys extra_;
  std::vector<std::int8_t> ranks_ = std::vector<std::int8_t>(rows_.columns(), -1);
  // Lists that add to items of another list, taken when that one is complete.
  std::vector<std::pair<int, simdjson::dom::array>> merges_;
  simdjson::dom::element bound_;
  bool has_bound_ = false;
};

}  // namespace nexus_mirror::nexus
